"""Runs a fuzz target under atheris, which looks for input that reaches new code.

``python -m tests.fuzz.guided grammar|tokenizer|model_file [SECONDS]``, for instance with
``pip install atheris``. It begins with the target's corpus, and what fails is written to the
current folder as ``crash-...``. The corpus in the repository is what such runs left, cut down with
``python -m tests.fuzz.guided NAME merge FOLDER``: the fewest inputs of FOLDER that reach the same
code. The tests replay it.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("grammar", "tokenizer", "model_file")
#: Modules without branches to follow, and in which atheris keeps every array that is compared.
VECTORISED = ["exprinfer.language.tokenizer", "exprinfer.language.validation"]
#: Bytes of one input.
LONGEST = 256


def main(name: str, *how: str) -> None:
    """Fuzz one target for so many seconds, or merge a folder of inputs into its corpus."""
    import atheris

    if name not in TARGETS:
        raise SystemExit(f"no target {name!r}: choose one of {', '.join(TARGETS)}")
    with atheris.instrument_imports(include=["exprinfer", "tests"], exclude=VECTORISED):
        try_one = import_module(f"tests.fuzz.target_{name}").try_one
    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    program = sys.argv[0]
    if how[:1] == ("merge",):
        # libFuzzer starts itself again, by this text and its own options, to survive what crashes.
        program = f"{sys.executable} -m tests.fuzz.guided {name} again"
        options = ["-merge=1", "-use_counters=0", str(kept), *how[1:]]
    elif how[:1] == ("again",):
        options = list(how[1:])
    else:
        found = tempfile.mkdtemp(prefix=f"{name}-")
        print(f"what it finds is kept in {found}", flush=True)
        options = [f"-max_total_time={how[0] if how else 60}", found, str(kept)]
    atheris.Setup([program, f"-max_len={LONGEST}", *options], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
