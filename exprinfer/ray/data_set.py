"""Score a data set of any size with Ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from exprinfer.errors import InputError, OutputError
from exprinfer.ray.connection import connected, import_ray
from exprinfer.ray.tasks import run_tasks
from exprinfer.runtime.certificate import Certificate
from exprinfer.runtime.model import check_certificates
from exprinfer.runtime.model_file import chosen_models
from exprinfer.runtime.trusted_certificates import read_named
from exprinfer.scoring.datasets import ScoredPart, Task, Totals, sum_totals
from exprinfer.scoring.reading.dataset_files import find_stored, split_files
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.writing.parquet import different_columns
from exprinfer.scoring.writing.result_files import put_empty
from exprinfer.scoring.writing.result_folder import Folder, whole_folder

# isort: split
from pyarrow import fs


def score_dataset(
    source: str | list[str],
    output: str,
    *,
    column: str | None = None,
    expected: str | None = None,
    input_format: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    on_error: Literal["result", "stop"] = "result",
    name_files: bool | None = None,
    address: str | None = None,
    workers: int | None = None,
    job_timeout: float | None = None,
    model: str | Path = "auto",
    device: Literal["cpu", "cuda"] = "cpu",
    allow_out_of_domain: bool = False,
    normalize: bool = False,
    max_symbols: int | None = None,
    max_steps: int | None = None,
    timeout: float | None = None,
    certificates: Sequence[str | Path | Certificate] = (),
    filesystem: fs.FileSystem | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> Totals:
    """Evaluate a data set of any size with Ray, and write the results to a folder of Parquet files.

    The files are read as ``exprinfer score`` reads them, and the rows are those that it writes to
    Parquet, in the same order, if the files of the folder are read in the order of their names. If
    a worker dies or storage fails for some seconds, that part of the work is done again.

    Uses the Ray cluster that this process is connected to. Otherwise it connects to the cluster at
    ``address``, or starts Ray on this machine, and disconnects or stops it at the end.

    Args:
        source: Paths or URIs (such as ``s3://...``) of files or folders: Parquet, CSV, TSV, JSON
            Lines, or text with one expression, or ``expression = answer``, per line. All but
            Parquet may be compressed (``.gz``, ``.zst``).
        output: The folder to write, which must not exist. A local folder appears when it is
            complete; all machines must be able to reach it by this path. In object storage the
            folder is complete when it contains the file ``_SUCCESS``.
        column: The name of the column of expressions. By default ``expression``, or the only one
            that holds expressions.
        expected: The name of the column of expected values. By default ``expected``, if it exists.
        input_format: ``text``, ``csv``, ``tsv``, ``jsonl`` or ``parquet``. By default it follows
            from the names of the files.
        delimiter: The character between the cells of CSV. By default it is detected.
        encoding: The encoding of text, CSV, TSV and JSON Lines. By default it is detected.
        on_error: Whether a row or file that cannot be read is a result with an error, or ends the
            run.
        name_files: Whether results have a column ``source`` with the path of their file. By
            default if there are several files.
        address: The address of a Ray cluster, or ``"auto"``.
        workers: Tasks at a time at most, each on one CPU, or one GPU with ``device="cuda"``. By
            default as many as the cluster can run.
        job_timeout: Seconds after which the run gives up. By default it does not.
        model: As for ``exprinfer.load``.
        device: As for ``exprinfer.load``, but not ``"auto"``.
        allow_out_of_domain: As for ``exprinfer.load``.
        normalize: As for ``exprinfer.load``.
        max_symbols: As for ``exprinfer.load``.
        max_steps: As for ``exprinfer.load``.
        timeout: As for ``exprinfer.load``.
        certificates: As for ``exprinfer.load``. Their files are read here, and the workers get the
            contents. If there are any, the model file must be on this machine too.
        filesystem: The file system of all paths, for storage that needs more than a URI.
        tell: Takes messages for people, such as which columns are used.

    Returns:
        Counts over all results.

    Raises:
        CertificateError: If a certificate is not valid, or belongs to another file.
        ClusterError: If Ray cannot be used, workers keep dying, or ``job_timeout`` is over.
        ExtraMissingError: If Ray is not installed.
        FileExistsError: If the output exists already, or another run writes to it.
        FileNotFoundError: If a source does not exist.
        InputError: If no file can be read, a file changes meanwhile, or ``on_error`` is ``"stop"``
            and a row or file cannot be read.
        OSError: If storage fails.
        OutputError: If the files have different columns, or results were lost.

    Example:
        >>> from exprinfer.ray import score_dataset
        >>> totals = score_dataset("sums", "answers", column="sum")  # doctest: +SKIP
        >>> totals.rows, totals.errors  # doctest: +SKIP
        (1000000, Counter({'division_by_zero': 1000}))
    """
    ray = import_ray()
    named = read_named(certificates)
    if named:
        check_certificates(chosen_models(model), device, named)
    names = [source] if isinstance(source, str) else source
    models = {
        "model": model,
        "device": device,
        "threads": 1,
        "allow_out_of_domain": allow_out_of_domain,
        "normalize": normalize,
        "max_symbols": max_symbols,
        "max_steps": max_steps,
        "timeout": timeout,
        "certificates": tuple(each.certificate for each in named),
    }
    files = find_stored(names, filesystem, input_format, tell)
    name_files = len(files) > 1 if name_files is None else name_files
    reading = ReadOptions(column, expected, delimiter, encoding, on_error, name_files)
    with whole_folder(output, filesystem) as folder, connected(ray, address, workers):
        tasks = [
            Task(number, part, reading, folder, tuple(models.items()))
            for number, part in enumerate(split_files(files))
        ]
        resources = {"num_cpus": 1.0, **({"num_gpus": 1.0} if device == "cuda" else {})}
        parts: list[ScoredPart] = []
        # Closed at once after an error, so that no task writes to a folder that is cleaned up.
        with closing(
            run_tasks(ray, tasks, workers=workers, resources=resources, timeout=job_timeout)
        ) as results:
            for part in results:
                for note in part.notes:
                    tell(note)
                parts.append(part)
                _refuse_other_columns(parts)
        return _complete(folder, sorted(parts, key=lambda part: part.number))


def _refuse_other_columns(parts: list[ScoredPart]) -> None:
    """Check that the results of the last part have the columns of those before."""
    known = next((part for part in parts if part.columns), parts[-1])
    if parts[-1].columns not in (None, known.columns):
        first, then = sorted([known, parts[-1]], key=lambda part: part.number)
        reason = different_columns(str(first.columns), str(then.columns))
        raise OutputError(f"{first.name} and {then.name}: {reason}")


def _complete(folder: Folder, parts: list[ScoredPart]) -> Totals:
    """Check that the results of all parts are there, and return their counts."""
    totals = sum_totals([part.totals for part in parts])
    if totals.unreadable_inputs and not totals.rows:
        raise InputError(next(iter(totals.unreadable_inputs.values())))
    inputs = dict.fromkeys((part.name for part in parts), 0)
    for part in parts:
        inputs[part.name] += part.rows_read
    written = [file for part in parts for file in part.files]
    folder.check(inputs, written or [put_empty(folder)])
    return totals
