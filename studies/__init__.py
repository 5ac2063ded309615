"""What made the published figures; no part of the wheel."""
