"""The command ``exprinfer``."""

from exprinfer.cli.main import main

__all__ = ["main"]
