"""Hostile input: fuzzed lines, damaged model files, and targets for a coverage-guided fuzzer."""
