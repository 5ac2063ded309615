"""The report of a campaign for engineers."""
