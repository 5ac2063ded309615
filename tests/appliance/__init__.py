"""What the services of an appliance say, and refuse to hear."""
