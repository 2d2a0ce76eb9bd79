"""How well an annotator's probabilities at a window length can be trusted, and what makes them trustworthy."""
