"""A metric's score: found by its name, with its uncertainty, compared with another's, and rounded."""
