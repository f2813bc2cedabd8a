"""The command ``exprinfer``: wiring only."""

from exprinfer.cli.main import main

__all__ = ["main"]
