"""Metrics of scored clips: one file each, found by its name, whose METRIC says how it is computed and shown."""
