"""What benchmarks measure, made on the spot."""
