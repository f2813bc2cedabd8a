"""Fit the networks with PyTorch, export them to ONNX, and certify the exported files."""
