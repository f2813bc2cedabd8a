"""Benchmarks: exprinfer next to what a user would pick instead. Run ``python -m bench --help``."""
