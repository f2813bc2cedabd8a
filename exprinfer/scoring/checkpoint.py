"""A run's results in a file, and a note beside it of how far it came, so that it can go on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from exprinfer.errors import ExprinferError, OutputError
from exprinfer.scoring.atomic_file import beside, fresh_partial_file, partial_file, whole_file
from exprinfer.scoring.blocks import Place
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writers import Encoder

#: What the hidden neighbour is called that holds the results so far.
PARTIAL = "exprinfer-partial"
#: Seconds between two notes: what a crash loses at most.
EVERY = 1.0


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    place: Place = field(default_factory=Place)
    """Where reading goes on."""
    size: int = 0
    """Bytes of the output so far."""
    summary: Summary = field(default_factory=Summary)


class Output:
    """Takes a run's results, in order."""

    def __init__(self, file: BinaryIO, encoder: Encoder, progress: Progress) -> None:
        self.progress = progress
        self._file, self._encoder = file, encoder

    def write(self, batch: ScoredBatch, place: Place) -> None:
        """Append the results of a block, after which reading goes on at ``place``."""
        before = self.progress
        size = before.size + self._encoder.write(batch, self._file, before.size)
        self._file.flush()
        # All at once: an interrupt may come between any two lines.
        self.progress = Progress(place, size, before.summary.plus(batch))

    def end(self) -> None:
        """Write what ends the file."""
        self._encoder.end(self._file, self.progress.size)
        self._file.flush()


class _Resumable(Output):
    """Notes its progress in a file every second."""

    def __init__(
        self, file: BinaryIO, encoder: Encoder, progress: Progress, note: Path, run: Any
    ) -> None:
        super().__init__(file, encoder, progress)
        self._note, self._run, self._noted = note, run, time.monotonic()

    def write(self, batch: ScoredBatch, place: Place) -> None:
        super().write(batch, place)
        if time.monotonic() - self._noted > EVERY:
            self.note()

    def note(self) -> None:
        """Write down how far the run has come, once that is safely on the disk."""
        os.fsync(self._file.fileno())
        with whole_file(self._note) as file:
            noted = {
                "run": self._run,
                "place": self.progress.place,
                "size": self.progress.size,
                "summary": vars(self.progress.summary),
                "encoder": self._encoder.state,
            }
            file.write(json.dumps(noted).encode())
        self._noted = time.monotonic()


@contextmanager
def resumable(path: Path, encoder: Encoder, run: Any, resume: bool) -> Iterator[Output]:
    """Open a file for a run's results; it takes its place when the block ends without an error.

    Until then two hidden neighbours hold the results and how far they go; after an error or a crash
    they stay, and with ``resume`` the run goes on from there. ``run`` is what must be the same
    then, as JSON. Raises OutputError where it is not, or another process is writing the file,
    OSError where it cannot be written.
    """
    partial, note = beside(path, PARTIAL), beside(path, "exprinfer-progress")
    run = json.loads(json.dumps(run))
    resume = resume and partial.exists() and note.exists()
    with partial_file(path, partial) as file:
        progress = Progress()
        if resume:
            progress = _recall(json.loads(note.read_bytes()), run, path, encoder, file)
        file.seek(file.truncate(progress.size))
        output = _Resumable(file, encoder, progress, note, run)
        try:
            output.note()
            yield output
            output.end()
            os.fsync(file.fileno())
            encoder.put(partial, path)
        except BaseException as error:
            with suppress(OSError):  # such as a full disk: what was noted before still holds
                output.note()
            # What is wrong with the inputs is wrong with them the next time too.
            if not output.progress.size or isinstance(error, ExprinferError):
                partial.unlink(missing_ok=True)
                note.unlink(missing_ok=True)
            raise
        note.unlink(missing_ok=True)


@contextmanager
def once(path: Path, encoder: Encoder) -> Iterator[Output]:
    """Open a file for results that cannot be had again; it is left behind whole or not at all."""
    with fresh_partial_file(path, PARTIAL) as (file, partial):
        output = Output(file, encoder, Progress())
        yield output
        output.end()
        os.fsync(file.fileno())
        encoder.put(partial, path)


def _recall(
    noted: dict[str, Any], run: Any, path: Path, encoder: Encoder, file: BinaryIO
) -> Progress:
    if noted["run"] != run:
        raise OutputError(
            f"{path}: the interrupted run had other inputs, models or options, or an input has "
            "changed since; give the same ones, or begin anew without --resume"
        )
    if os.fstat(file.fileno()).st_size < noted["size"]:
        raise OutputError(f"{path}: less was written than noted; begin anew without --resume")
    encoder.restore(noted["encoder"])
    return Progress(Place(*noted["place"]), noted["size"], Summary.of(noted["summary"]))
