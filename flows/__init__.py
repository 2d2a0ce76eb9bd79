"""Prefect runs the graph that DVC states: `python -m flows.pipeline`. Nothing here computes or names values."""
