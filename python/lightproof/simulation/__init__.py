"""A person, a screen and a camera in numbers: what a rig would see, rendered from a light-transport basis."""
