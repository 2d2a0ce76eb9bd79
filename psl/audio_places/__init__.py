"""Audio wherever it lies: files under many naming schemes, tar shards, Parquet and HDF5; found by name, opened by a locator."""
