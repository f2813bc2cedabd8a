"""Data sets larger than one machine, by Ray Data: one open evaluator for each worker."""

from __future__ import annotations

import logging
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from exprinfer.arrow import check_columns, evaluate_table  # tells which extra is missing
from exprinfer.errors import ExtraMissingError, InputError
from exprinfer.evaluator import load
from exprinfer.runtime.threads import cores
from exprinfer.scoring.readers import kind_of

# isort: split
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, fs, parquet

#: Rows that a worker is given at once, and that are done again where it dies: a second's work.
ROWS = 1 << 18
#: Stands beside the files that are whole, where there is no folder that could be renamed.
SUCCESS = "_SUCCESS"


class Evaluate:
    """Answers batches of a Ray data set; each worker opens the models once.

    >>> table = pa.table({"id": [7, 8], "sum": ["5+3", "7*-9"]})
    >>> Evaluate("sum")(table).select(["id", "value"]).to_pylist()
    [{'id': 7, 'value': 8}, {'id': 8, 'value': -63}]

    For ``dataset.map_batches(Evaluate, fn_constructor_args=["sum"], batch_format="pyarrow",
    compute=ray.data.ActorPoolStrategy(size=8))``; with ``device="cuda"`` add ``num_gpus=1``. A
    worker has one thread by default, as Ray counts one CPU for it; leave Ray a CPU that reads and
    writes. Gives what ``arrow.evaluate_table`` gives, and raises what it and ``load`` raise.
    """

    def __init__(
        self,
        column: str = "expression",
        *,
        model: str | Path = "auto",
        device: Literal["auto", "cpu", "cuda"] = "cpu",
        threads: int = 1,
        allow_out_of_domain: bool = False,
    ) -> None:
        self.column = column
        self.evaluator = load(
            model, device, threads=threads, allow_out_of_domain=allow_out_of_domain
        )

    def __call__(self, table: pa.Table) -> pa.Table:
        """Answer the expressions in the column, and keep the others."""
        return evaluate_table(self.evaluator, table, self.column)


@dataclass(frozen=True)
class Totals:
    """What is in a data set of results."""

    rows: int = 0
    certified: int = 0
    """Answers that are certified."""
    nulls: int = 0
    """Rows without an expression."""
    errors: Counter[str] = field(default_factory=Counter)
    """Rows without an answer, by the code of the cause."""


def score_dataset(
    source: str | list[str],
    output: str,
    *,
    column: str = "expression",
    address: str | None = None,
    workers: int | None = None,
    model: str | Path = "auto",
    device: Literal["cpu", "cuda"] = "cpu",
    allow_out_of_domain: bool = False,
    filesystem: fs.FileSystem | None = None,
) -> Totals:
    """Answer a data set of any size by Ray, and write it as a folder of Parquet files.

    ``source`` names files or folders of Parquet, CSV, TSV or JSON Lines, or else of UTF-8 text with
    an expression a line, which becomes the column ``column``; local or in object storage (such as
    ``s3://``), plain or, but for Parquet, compressed (``.gz``, ``.zst``). Other columns are kept,
    those of CSV as text; rows come in no particular order.

    Runs on the Ray that this process has joined, or joins that at ``address``, or starts one on
    this machine. By default there are seven ``workers`` for every eight CPUs, or one for every GPU
    with ``device="cuda"``. A worker that dies is replaced, and its rows are answered again.

    A local ``output`` appears when it is whole; where there are several machines, all must see it
    at that path. In object storage, where no folder can be renamed, it is whole when the file
    ``_SUCCESS`` is in it. ``filesystem`` is for storage that needs more than a path.

    Raises ExtraMissingError without Ray, FileExistsError where the output is there already,
    FileNotFoundError where there is no source, InputError where it cannot be scored, and what Ray
    raises.
    """
    ray = _import_ray()
    with _joined(ray, address, workers), _whole(output, filesystem) as (folder, system):
        sources = [source] if isinstance(source, str) else source
        first, *others = (_read(ray, each, column, filesystem) for each in sources)
        rows = first.union(*others) if others else first
        check_columns(rows.columns(), column)
        rows.context.enable_progress_bars = sys.stderr.isatty()
        answered = rows.repartition(target_num_rows_per_block=ROWS).map_batches(
            Evaluate,
            fn_constructor_args=[column],
            fn_constructor_kwargs={
                "model": model,
                "device": device,
                "allow_out_of_domain": allow_out_of_domain,
            },
            batch_format="pyarrow",
            batch_size=None,
            compute=ray.data.ActorPoolStrategy(size=workers or _most_workers(ray, device)),
            num_gpus=1 if device == "cuda" else None,
        )
        answered.write_parquet(folder, filesystem=system)
        return _totals(folder, system)


def _import_ray() -> Any:
    # It reports usage over the network unless it is told not to before it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray.data
    except ModuleNotFoundError as error:
        if error.name not in ("ray", "ray.data"):
            raise
        raise ExtraMissingError(
            "to score by Ray needs Ray Data, which comes with an extra: "
            "pip install 'exprinfer[ray]'"
        ) from None
    return ray


@contextmanager
def _joined(ray: Any, address: str | None, workers: int | None) -> Iterator[None]:
    """Be joined to a Ray; leave or end it where it was not there before."""
    if ray.is_initialized():
        yield
        return
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    quiet = {"logging_level": "warning", "log_to_driver": False}
    if address is None:
        cpus = (workers or cores()) + 1  # one that reads and writes
        ray.init("local", num_cpus=cpus, include_dashboard=False, **quiet)
    else:
        ray.init(address, **quiet)
    try:
        yield
    finally:
        ray.shutdown()


def _most_workers(ray: Any, device: str) -> int:
    there = ray.cluster_resources()
    if device == "cuda":
        return max(1, int(there.get("GPU", 0)))
    cpus = int(there.get("CPU", 1))
    return max(1, cpus - math.ceil(cpus / 8))


def _read(ray: Any, source: str, column: str, filesystem: Any) -> Any:
    """The Ray data set of what is in a file, or in a folder's files of one kind."""
    system, path = _locate(source, filesystem)
    files = _files(system, path, source)
    kinds = {kind_of(file)[0] or "text" for file in files}
    if len(kinds) > 1:
        raise InputError(f"{source}: files of one kind are needed, not {' and '.join(kinds)}")
    kind = kinds.pop()
    if kind == "parquet":
        return ray.data.read_parquet(path, filesystem=system)
    if kind == "jsonl":
        return ray.data.read_json(path, filesystem=system, file_extensions=None)
    if kind == "text":  # a table of one column, in which nothing is quoted
        parse = csv.ParseOptions(delimiter="\x1f", quote_char=False, ignore_empty_lines=False)
        names, read = [column], csv.ReadOptions(column_names=[column])
    else:
        parse = csv.ParseOptions(delimiter="\t" if kind == "tsv" else ",", newlines_in_values=True)
        read = csv.ReadOptions()
        with system.open_input_stream(files[0]) as stream, csv.open_csv(stream, read, parse) as top:
            names = top.schema.names
    as_text = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    return ray.data.read_csv(
        path, filesystem=system, parse_options=parse, read_options=read, convert_options=as_text
    )


def _files(system: Any, path: str, source: str) -> list[str]:
    """The path of a file, or those in a folder but for hidden ones."""
    found = system.get_file_info(path)
    files = [path] if found.is_file else []
    if found.type == fs.FileType.Directory:
        inside = system.get_file_info(fs.FileSelector(path, recursive=True))
        files = [info.path for info in inside if info.is_file and info.base_name[0] not in "._"]
    if not files:
        raise FileNotFoundError(f"there is no file or folder of files {source}")
    return files


def _locate(path: str, filesystem: Any) -> tuple[Any, str]:
    """The file system of a path or URI, and the path on it."""
    if filesystem is not None:
        return filesystem, path
    if "://" in path:
        return fs.FileSystem.from_uri(path)  # type: ignore[no-any-return]
    return fs.LocalFileSystem(), os.path.abspath(path)


@contextmanager
def _whole(output: str, filesystem: Any) -> Iterator[tuple[str, Any]]:
    """A folder to write to, and its file system; what is in it is ``output`` when the block ends,
    and is removed where that is left by an error."""
    system, path = _locate(output, filesystem)
    if system.get_file_info(path).type != fs.FileType.NotFound:
        raise FileExistsError(f"{output} is there already: choose another output, or remove it")
    local = isinstance(system, fs.LocalFileSystem)
    target = PurePosixPath(path)
    folder = str(target.with_name(f".{target.name}.{os.getpid()}.partial")) if local else path
    system.create_dir(folder)
    try:
        yield folder, system
        if local:
            os.rename(folder, path)
        else:
            system.open_output_stream(f"{folder}/{SUCCESS}").close()
    except BaseException:
        system.delete_dir(folder)
        raise


def _totals(folder: str, system: Any) -> Totals:
    """Count what the Parquet files in a folder hold."""
    inside = system.get_file_info(fs.FileSelector(folder))
    paths = [info.path for info in inside if info.extension == "parquet"]
    rows = certified = nulls = 0
    errors: Counter[str] = Counter()
    for path in paths:
        table = parquet.read_table(path, columns=["certified", "error"], filesystem=system)
        rows, nulls = rows + len(table), nulls + table["certified"].null_count
        certified += pc.sum(table["certified"]).as_py() or 0
        for found in pc.value_counts(table["error"].drop_null()).to_pylist():
            errors[found["values"]] += found["counts"]
    return Totals(rows, certified, nulls, errors)
