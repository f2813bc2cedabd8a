"""Write results to a file, and save checkpoints, so that an interrupted run can be resumed."""

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
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.reading.blocks import ReadPosition, Scored
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writing.atomic_file import (
    hidden_sibling,
    open_partial,
    open_temporary,
    release,
    whole_file,
)
from exprinfer.scoring.writing.writers import Encoder

#: Suffixes of the hidden files with the results so far and with the checkpoint.
PARTIAL, CHECKPOINT = "exprinfer-partial", "exprinfer-checkpoint"
#: Seconds between two checkpoints: how much work a crash loses at most.
SAVE_INTERVAL = 1.0


@dataclass(frozen=True)
class Checkpoint:
    """How far a run has come."""

    position: ReadPosition = field(default_factory=ReadPosition)
    """Where to continue reading."""
    size: int = 0
    """Bytes of output so far."""
    summary: Summary = field(default_factory=Summary)


class Output:
    """Takes the results of a run, in order."""

    def __init__(self, file: BinaryIO, encoder: Encoder, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._file, self._encoder = file, encoder

    def write(self, batch: Scored, position: ReadPosition) -> None:
        """Append the results of a block; ``position`` is where the next block begins."""
        before = self.checkpoint
        size = before.size
        if isinstance(batch, ScoredBatch):
            size += self._encoder.write(batch, self._file, before.size)
        self._file.flush()
        # One assignment, since an interrupt may come between any two.
        self.checkpoint = Checkpoint(position, size, before.summary.plus(batch))

    def end(self) -> None:
        """Write the end of the file."""
        self._encoder.write_end(self._file, self.checkpoint.size)
        self._file.flush()


class _ResumableOutput(Output):
    """Saves its checkpoint every second."""

    def __init__(
        self, file: BinaryIO, encoder: Encoder, checkpoint: Checkpoint, path: Path, run: Any
    ) -> None:
        super().__init__(file, encoder, checkpoint)
        self._path, self._run, self._saved_at = path, run, time.monotonic()

    def write(self, batch: Scored, position: ReadPosition) -> None:
        super().write(batch, position)
        if time.monotonic() - self._saved_at > SAVE_INTERVAL:
            self.save()

    def save(self) -> None:
        """Save the checkpoint, once the results before it are safely on the disk."""
        os.fsync(self._file.fileno())
        with whole_file(self._path) as file:
            saved = {
                "run": self._run,
                "position": self.checkpoint.position,
                "size": self.checkpoint.size,
                "summary": vars(self.checkpoint.summary),
                "encoder": self._encoder.state,
            }
            file.write(json.dumps(saved).encode())
        self._saved_at = time.monotonic()


@contextmanager
def resumable_output(path: Path, encoder: Encoder, run: Any, resume: bool) -> Iterator[Output]:
    """Open a file for the results of a run that can be resumed.

    The file appears at ``path`` if the block ends without an error. Until then two hidden files
    next to it hold the results and the checkpoint. They are kept after a crash, an interrupt, or an
    OSError such as a full disk, so that the run can be resumed. They are removed after an error of
    this package, which would occur again.

    Args:
        path: The file to write.
        encoder: Writes the file format.
        run: The inputs, models and options, as JSON values. They must be the same when the run is
            resumed.
        resume: Whether to continue an interrupted run, if there is one.

    Raises:
        OSError: If the file cannot be written.
        OutputError: If the interrupted run was a different one, or another process is writing the
            file.
    """
    partial, saved = hidden_sibling(path, PARTIAL), hidden_sibling(path, CHECKPOINT)
    run = json.loads(json.dumps(run))
    resume = resume and partial.exists() and saved.exists()
    with open_partial(path, partial) as file:
        checkpoint = Checkpoint()
        if resume:
            checkpoint = _restore(json.loads(saved.read_bytes()), run, path, encoder, file)
        file.seek(file.truncate(checkpoint.size))
        output = _ResumableOutput(file, encoder, checkpoint, saved, run)
        try:
            output.save()
            yield output
            output.end()
            os.fsync(file.fileno())
            release(file)
            encoder.finish(partial, path)
        except BaseException as error:
            if not file.closed:
                with suppress(OSError):  # such as a full disk; the checkpoint before is still valid
                    output.save()
            # An error of this package would occur again.
            if not output.checkpoint.size or isinstance(error, ExprinferError):
                release(file)
                partial.unlink(missing_ok=True)
                saved.unlink(missing_ok=True)
            raise
        saved.unlink(missing_ok=True)


@contextmanager
def temporary_output(path: Path, encoder: Encoder) -> Iterator[Output]:
    """Open a file for the results of a run that cannot be resumed; it is complete or absent."""
    with open_temporary(path, PARTIAL) as (file, partial):
        output = Output(file, encoder, Checkpoint())
        yield output
        output.end()
        os.fsync(file.fileno())
        release(file)
        encoder.finish(partial, path)


def _restore(
    saved: dict[str, Any], run: Any, path: Path, encoder: Encoder, file: BinaryIO
) -> Checkpoint:
    """Return the saved checkpoint, if it fits the run and the results so far."""
    if saved["run"] != run:
        raise OutputError(
            f"{path}: cannot resume, because inputs, models or options differ from those of the "
            "interrupted run, or an input has changed; use the same ones, or start again without "
            "--resume"
        )
    if os.fstat(file.fileno()).st_size < saved["size"]:
        raise OutputError(
            f"{path}: cannot resume, because the results so far are shorter than the checkpoint "
            "says; start again without --resume"
        )
    encoder.restore(saved["encoder"])
    position, summary = ReadPosition(*saved["position"]), Summary.from_json(saved["summary"])
    return Checkpoint(position, saved["size"], summary)
