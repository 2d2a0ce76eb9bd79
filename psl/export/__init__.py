"""Trained networks as ONNX files that take audio and need no torch, with a contract and a model card beside them."""
