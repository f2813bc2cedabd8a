"""Evaluate data sets that are larger than one machine with Ray Data.

Needs Ray: ``pip install 'exprinfer[ray]'``.
"""

from __future__ import annotations

import logging
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from exprinfer.arrow import evaluate_table  # raises an error if pyarrow is missing
from exprinfer.errors import ExtraMissingError
from exprinfer.evaluator import load
from exprinfer.runtime.threads import available_cores
from exprinfer.scoring.datasets import ScoreRows, read_sources
from exprinfer.scoring.reading.dataset_files import find_source, rows_in
from exprinfer.scoring.reading.options import ReadOptions
from exprinfer.scoring.writing.result_folder import Totals, check_rows, count_results, whole_folder

# isort: split
import pyarrow as pa
from pyarrow import fs

__all__ = ["Evaluate", "Totals", "score_dataset"]

#: Rows of a block: about a second of work, which is repeated if the worker dies.
BLOCK_ROWS = 1 << 18


class Evaluate:
    """Evaluates the batches of a Ray data set; each worker opens the models once.

    Pass it to ``Dataset.map_batches``::

        dataset.map_batches(
            Evaluate,
            fn_constructor_args=["sum"],
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=8),
        )

    With ``device="cuda"`` also pass ``num_gpus=1``. Leave one CPU to Ray, which reads and writes.

    Args:
        column: The name of the column of expressions, which must hold text.
        model: As for ``exprinfer.load``.
        device: As for ``exprinfer.load``.
        threads: Threads per worker. By default Ray reserves one CPU per worker.
        allow_out_of_domain: As for ``exprinfer.load``.
        normalize: As for ``exprinfer.load``.
        max_symbols: As for ``exprinfer.load``.
        max_steps: As for ``exprinfer.load``.

    Raises:
        ModelNotFoundError: If there is no such model.
        ModelFileError: If the model file is damaged or not valid.
        DeviceError: If the device is not available.

    Example:
        >>> import pyarrow as pa
        >>> from exprinfer.ray import Evaluate
        >>> table = pa.table({"id": [7, 8], "sum": ["5+3", "7*-9"]})
        >>> Evaluate("sum")(table).select(["id", "value"]).to_pylist()
        [{'id': 7, 'value': 8}, {'id': 8, 'value': -63}]
    """

    def __init__(
        self,
        column: str = "expression",
        *,
        model: str | Path = "auto",
        device: Literal["auto", "cpu", "cuda"] = "cpu",
        threads: int = 1,
        allow_out_of_domain: bool = False,
        normalize: bool = False,
        max_symbols: int | None = None,
        max_steps: int | None = None,
    ) -> None:
        self.column = column
        self.evaluator = load(
            model,
            device,
            threads=threads,
            allow_out_of_domain=allow_out_of_domain,
            normalize=normalize,
            max_symbols=max_symbols,
            max_steps=max_steps,
        )

    def __call__(self, table: pa.Table) -> pa.Table:
        """Evaluate a batch.

        Args:
            table: The rows; all columns are kept.

        Returns:
            What ``exprinfer.arrow.evaluate_table`` returns.

        Raises:
            InputError: If the column is missing, or a column is named like a result.
            TypeError: If the column does not hold text.
        """
        return evaluate_table(self.evaluator, table, self.column)


def score_dataset(
    source: str | list[str],
    output: str,
    *,
    column: str | None = None,
    expected: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    name_files: bool | None = None,
    address: str | None = None,
    workers: int | None = None,
    model: str | Path = "auto",
    device: Literal["cpu", "cuda"] = "cpu",
    allow_out_of_domain: bool = False,
    normalize: bool = False,
    max_symbols: int | None = None,
    max_steps: int | None = None,
    filesystem: fs.FileSystem | None = None,
    tell: Callable[[str], None] = lambda message: None,
) -> Totals:
    """Evaluate a data set of any size with Ray, and write the results to a folder of Parquet files.

    The results have the same columns and marks as those of ``exprinfer score`` on one machine, but
    no particular order. A row or a file that cannot be read ends the run. If a worker dies, Ray
    replaces it, and its rows are evaluated again.

    Uses the Ray cluster that this process is connected to. Otherwise it connects to the cluster at
    ``address``, or starts Ray on this machine, and disconnects or stops it at the end.

    Args:
        source: Paths or URIs (such as ``s3://...``) of files, or of folders of files of one format:
            Parquet, CSV, TSV, JSON Lines, or text with one expression, or ``expression = answer``,
            per line. All but Parquet may be compressed (``.gz``, ``.zst``).
        output: The folder to write, which must not exist. A local folder appears when it is
            complete; all machines must be able to reach it by this path. In object storage the
            folder is complete when it contains the file ``_SUCCESS``.
        column: The name of the column of expressions. By default ``expression``, or the only one
            that holds expressions.
        expected: The name of the column of expected values. By default ``expected``, if it exists.
        delimiter: The character between the cells of CSV. By default it is detected.
        encoding: The encoding of CSV and TSV. By default it is detected.
        name_files: Whether results have a column ``source`` with the path of their file. By
            default if there are several files.
        address: The address of a Ray cluster, or ``"auto"``.
        workers: Workers to start. By default one for every GPU with ``device="cuda"``, or else
            seven for every eight CPUs.
        model: As for ``exprinfer.load``.
        device: As for ``exprinfer.load``, but not ``"auto"``.
        allow_out_of_domain: As for ``exprinfer.load``.
        normalize: As for ``exprinfer.load``.
        max_symbols: As for ``exprinfer.load``.
        max_steps: As for ``exprinfer.load``.
        filesystem: The file system of all paths, for storage that needs more than a URI.
        tell: Takes messages for people, such as which columns are used.

    Returns:
        Counts over all results.

    Raises:
        ExtraMissingError: If Ray is not installed.
        FileExistsError: If the output exists already.
        FileNotFoundError: If a source does not exist.
        InputError: If the files have different formats, columns or dialects, are foreign or not
            UTF-8, there is no such column, or a column is named like a result.
        Exception: Whatever Ray raises.

    Example:
        >>> from exprinfer.ray import score_dataset
        >>> totals = score_dataset("sums", "answers", column="sum")  # doctest: +SKIP
        >>> totals.rows, totals.errors  # doctest: +SKIP
        (1000000, Counter({'division_by_zero': 1000}))
    """
    ray = _import_ray()
    paths = [source] if isinstance(source, str) else source
    with _connected(ray, address, workers), whole_folder(output, filesystem) as folder:
        options = ReadOptions(column, expected, delimiter, encoding, tell=tell)
        sources = [find_source(path, filesystem, options) for path in paths]
        if name_files is None:
            name_files = sum(len(each.files) for each in sources) > 1
        options = replace(options, source=name_files)
        rows, columns = read_sources(ray, sources, options)
        rows.context.enable_progress_bars = sys.stderr.isatty()
        results = rows.repartition(target_num_rows_per_block=BLOCK_ROWS).map_batches(
            ScoreRows,
            fn_constructor_args=[columns, name_files],
            fn_constructor_kwargs={
                "model": model,
                "device": device,
                "threads": 1,
                "allow_out_of_domain": allow_out_of_domain,
                "normalize": normalize,
                "max_symbols": max_symbols,
                "max_steps": max_steps,
            },
            batch_format="pyarrow",
            batch_size=None,
            compute=ray.data.ActorPoolStrategy(size=workers or _default_workers(ray, device)),
            num_gpus=1 if device == "cuda" else None,
        )
        results.write_parquet(
            folder.path,
            filesystem=folder.filesystem,
            filename_provider=_names(ray, folder.run),
        )
        totals = count_results(folder)
        check_rows(output, rows_in(sources), totals)
        return totals


def _names(ray: Any, run: str) -> Any:
    """Return the names of the files of a run; a block that is written again keeps its name."""

    class Names(ray.data.datasource.FilenameProvider):  # type: ignore[misc]
        def get_filename_for_block(self, block: Any, *arguments: Any, **options: Any) -> str:
            parts = [run, *arguments, *options.values()]
            return f"{'-'.join(map(str, parts))}.parquet"

        def get_filename_for_task(self, write_uuid: str, task_index: int) -> str:
            return f"{run}-{write_uuid}-{task_index}"

    return Names()


def _import_ray() -> Any:
    # Ray reports usage over the network unless it is told not to before it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data
    except ModuleNotFoundError as error:
        if error.name not in ("ray", "ray.data"):
            raise
        raise ExtraMissingError(
            "scoring with Ray needs Ray Data, which is not installed: pip install 'exprinfer[ray]'"
        ) from None
    return ray


@contextmanager
def _connected(ray: Any, address: str | None, workers: int | None) -> Iterator[None]:
    """Connect to Ray or start it, unless this process is connected already."""
    if ray.is_initialized():
        yield
        return
    # Ray's own messages are for its developers; its errors are exceptions.
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    quiet = {"logging_level": "critical", "log_to_driver": False}
    if address is None:
        cpus = (workers or available_cores()) + 1  # one that reads and writes
        ray.init("local", num_cpus=cpus, include_dashboard=False, **quiet)
    else:
        ray.init(address, **quiet)
    try:
        yield
    finally:
        ray.shutdown()


def _default_workers(ray: Any, device: str) -> int:
    resources = ray.cluster_resources()
    if device == "cuda":
        return max(1, int(resources.get("GPU", 0)))
    cpus = int(resources.get("CPU", 1))
    return max(1, cpus - math.ceil(cpus / 8))
