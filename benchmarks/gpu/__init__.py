"""What a GPU does with the paper's parameters: `python -m benchmarks.gpu --out gpu.json`."""
