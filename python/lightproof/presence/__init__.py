"""Whether somebody is present: what the light shows of the face in front of the screen."""
