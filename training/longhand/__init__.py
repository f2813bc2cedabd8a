"""The tape machine of ``longhand``: its teacher, its traces, its fit, its file, its certificate."""
