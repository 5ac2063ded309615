"""What engineers see of a session; nothing here takes part in a verdict."""
