"""Whether the light is safe to look at, on real panels and by an independent analyser."""
