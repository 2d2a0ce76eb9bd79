"""Where audio is stored: folders, tar shards, Parquet and HDF5, found by clip name and addressed by locators."""
