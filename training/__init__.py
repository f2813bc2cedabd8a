"""Fits the networks with PyTorch, exports them to ONNX and certifies the exported files."""
