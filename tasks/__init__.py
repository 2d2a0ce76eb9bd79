"""The stages of dvc.yaml, one file each: read parameters, call psl, write outs.

Run as `python -m tasks.STAGE`.
"""
