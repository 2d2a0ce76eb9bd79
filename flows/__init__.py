"""Prefect runs the graph that dvc.yaml defines: `python -m flows pipeline`.

Nothing here computes results.
"""
