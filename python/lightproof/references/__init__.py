"""References: what a capture subject is compared with. Reference pictures never persist."""
