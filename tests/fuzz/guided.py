"""Run a fuzz target with atheris, which searches for inputs that reach new code.

``python -m tests.fuzz.guided grammar|tokenizer|model_file [SECONDS]``

Needs Linux and ``pip install atheris``. A run starts from the target's corpus. Inputs that fail are
written to the current folder as ``crash-...``. The corpus in the repository comes from such runs
and was reduced with ``python -m tests.fuzz.guided NAME merge FOLDER``, which adds the fewest inputs
of FOLDER that reach the same code. The tests replay the corpus.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("grammar", "tokenizer", "model_file")
#: Not instrumented: these modules have few branches, and atheris keeps every array they compare.
VECTORISED = ["exprinfer.language.tokenizer", "exprinfer.language.validation"]
#: Bytes of an input at most.
INPUT_BYTES = 256


def main(name: str, *arguments: str) -> None:
    """Fuzz one target for some seconds, or merge a folder of inputs into its corpus."""
    import atheris

    if name not in TARGETS:
        raise SystemExit(f"target must be one of {', '.join(TARGETS)}, got {name!r}")
    with atheris.instrument_imports(include=["exprinfer", "tests"], exclude=VECTORISED):
        try_one = import_module(f"tests.fuzz.target_{name}").try_one
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    program = sys.argv[0]
    if arguments[:1] == ("merge",):
        # To survive crashes, libFuzzer restarts itself with this command and its own options.
        program = f"{sys.executable} -m tests.fuzz.guided {name} again"
        options = ["-merge=1", "-use_counters=0", str(corpus), *arguments[1:]]
    elif arguments[:1] == ("again",):
        options = list(arguments[1:])
    else:
        new = tempfile.mkdtemp(prefix=f"{name}-")
        print(f"new inputs are written to {new}", flush=True)
        options = [f"-max_total_time={arguments[0] if arguments else 60}", new, str(corpus)]
    atheris.Setup([program, f"-max_len={INPUT_BYTES}", *options], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
