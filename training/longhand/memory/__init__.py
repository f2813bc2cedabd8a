"""Experiments with longhand in which the teacher's states are not given; see ``study``."""
