"""The appliance: what its two services, vision and gateway, say to each other."""
