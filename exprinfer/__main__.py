"""``python -m exprinfer``: the command line."""

from exprinfer.cli import main

main(prog_name="exprinfer")
