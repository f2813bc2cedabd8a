"""Fit longhand without the teacher's states: it invents its own memory; see ``MEMORY.md``."""
