"""Every comparison with what a user would pick instead: ``python -m bench``."""
