"""What psl.annotators.kinds.onnx is made of: the files of a model, its session, its input and output, its calls."""
