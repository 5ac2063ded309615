"""The charts of a session's report."""
