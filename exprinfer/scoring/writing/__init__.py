"""Write results: formats, files that appear when they are complete, and checkpoints."""
