"""What the product takes of time and memory."""
