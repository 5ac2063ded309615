"""The path-traced light-transport bases: what a camera sees of heads and attacks under each light alone."""
