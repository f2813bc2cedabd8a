"""The tests; a package, so that the fuzzers run as ``python -m tests.fuzz...``."""
