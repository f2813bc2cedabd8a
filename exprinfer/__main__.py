"""Run the command line with ``python -m exprinfer``."""

from exprinfer.cli import main

main(prog_name="exprinfer")
