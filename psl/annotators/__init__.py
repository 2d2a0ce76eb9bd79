"""Annotators: the kinds that can label windows, and inference with trained networks."""
