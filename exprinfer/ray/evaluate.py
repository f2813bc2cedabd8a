"""A callable that evaluates the batches of a Ray data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from exprinfer.arrow import evaluate_table  # raises an error if pyarrow is missing
from exprinfer.evaluator import load
from exprinfer.runtime.certificate import Certificate

# isort: split
import pyarrow as pa


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
        timeout: As for ``exprinfer.load``.
        certificates: As for ``exprinfer.load``. Each worker reads the files of paths, so pass what
            ``exprinfer.Certificate.read`` returned if the workers run on other machines.

    Raises:
        CertificateError: If a certificate is not valid, or belongs to another file.
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
        timeout: float | None = None,
        certificates: Sequence[str | Path | Certificate] = (),
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
            timeout=timeout,
            certificates=certificates,
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
