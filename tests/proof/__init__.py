"""Tests of the proof about longhand: the checker and the transition table."""
