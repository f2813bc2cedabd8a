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
from exprinfer.scoring.report.collected import Collected
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writing.atomic_file import open_temporary, whole_file
from exprinfer.scoring.writing.partial_file import (
    hidden_sibling,
    open_partial,
    release,
    remove_own,
)
from exprinfer.scoring.writing.saved import (
    Checksummed,
    check_content,
    checksummed_json,
    read_checkpoint,
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
    checksum: int = 0
    """CRC-32 of the output so far."""
    report: Collected | None = None
    """What was collected for the report, if there is to be one."""


class Output:
    """Takes the results of a run, in order."""

    def __init__(self, file: BinaryIO, encoder: Encoder, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self._file, self._encoder = file, encoder

    def write(self, batch: Scored, position: ReadPosition) -> None:
        """Append the results of a block; ``position`` is where the next block begins."""
        before = self.checkpoint
        size, file = before.size, Checksummed(self._file, before.checksum)
        if isinstance(batch, ScoredBatch):
            size += self._encoder.write(batch, file, before.size)  # type: ignore[arg-type]
        self._file.flush()
        summary, report = before.summary.plus(batch), before.report
        if report and isinstance(batch, ScoredBatch):
            report = report.plus(batch, position.input)
        # One assignment, since an interrupt may come between any two.
        self.checkpoint = Checkpoint(position, size, summary, file.checksum, report)

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
        report = self.checkpoint.report
        saved = {
            "run": self._run,
            "position": self.checkpoint.position,
            "size": self.checkpoint.size,
            "checksum": self.checkpoint.checksum,
            "summary": vars(self.checkpoint.summary),
            "encoder": self._encoder.state,
            "report": report and report.to_json(),
        }
        with whole_file(self._path, 0o600) as file:
            file.write(checksummed_json(saved))
        self._saved_at = time.monotonic()


@contextmanager
def resumable_output(
    path: Path, encoder: Encoder, run: Any, resume: bool | None, report: Collected | None = None
) -> Iterator[Output]:
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
        resume: Whether to continue an interrupted run, if there is one. False drops its results;
            None is an error if there are any.
        report: Collects what a report shows; None if there is to be none.

    Raises:
        OSError: If the file cannot be written.
        OutputError: If the interrupted run was a different one or is damaged, another process is
            writing the file, or ``resume`` is None and there are results of an interrupted run.
    """
    partial, saved = hidden_sibling(path, PARTIAL), hidden_sibling(path, CHECKPOINT)
    run = json.loads(json.dumps(run))
    with open_partial(path, partial) as file:
        checkpoint = Checkpoint(report=report)
        kept = saved.exists() and os.fstat(file.fileno()).st_size > 0
        if kept and resume is not False:
            found = read_checkpoint(saved, path)
            if resume:
                checkpoint = _restore(found, run, path, encoder, file)
            elif found["size"]:
                raise OutputError(
                    f"{path}: an interrupted run has kept the results of "
                    f"{found['summary']['lines']:,} lines; continue it with --resume, or drop them "
                    "with --restart"
                )
        if not checkpoint.size:
            saved.unlink(missing_ok=True)  # of other results than those that follow
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
                saved.unlink(missing_ok=True)
                remove_own(file, partial)
            raise
        saved.unlink(missing_ok=True)


@contextmanager
def temporary_output(
    path: Path, encoder: Encoder, report: Collected | None = None
) -> Iterator[Output]:
    """Open a file for the results of a run that cannot be resumed; it is complete or absent."""
    with open_temporary(path, PARTIAL) as (file, partial):
        output = Output(file, encoder, Checkpoint(report=report))
        yield output
        output.end()
        os.fsync(file.fileno())
        release(file)
        encoder.finish(partial, path)


def is_kept(path: Path) -> bool:
    """Return whether results of an interrupted run are kept, so that it can be resumed."""
    return all(hidden_sibling(path, suffix).exists() for suffix in (PARTIAL, CHECKPOINT))


def _restore(
    saved: dict[str, Any], run: Any, path: Path, encoder: Encoder, file: BinaryIO
) -> Checkpoint:
    """Return the saved checkpoint, if it fits the run and the results so far."""
    if saved["run"] != run:
        raise OutputError(
            f"{path}: cannot resume, because inputs, models or options differ from those of the "
            "interrupted run, or an input has changed; use the same ones, or start again with "
            "--restart"
        )
    check_content(file, saved["size"], saved["checksum"], path)
    encoder.restore(saved["encoder"])
    position, summary = ReadPosition(*saved["position"]), Summary.from_json(saved["summary"])
    report = saved["report"] and Collected.from_json(saved["report"])
    return Checkpoint(position, saved["size"], summary, saved["checksum"], report)
