"""What engineers see of sessions: reports of what was measured. Nothing here takes part in a verdict."""
