"""Model files and how they run; the only folder that imports ONNX Runtime."""
