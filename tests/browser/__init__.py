"""Tests of examples/browser: the page reads, answers and explains as the package does."""
