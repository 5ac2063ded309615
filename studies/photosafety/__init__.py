"""What the light does to those who look at it, on real panels and by an independent analyser."""
