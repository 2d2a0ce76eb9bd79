"""What surrounds computation: errors, progress, cores, prefetching, hashes of code, runners of parallel work."""
