"""Questions about longhand that are answered by ``python -m training study``."""
