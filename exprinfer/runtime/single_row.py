"""A second session of a file for one expression at a time.

Its shapes are fixed when it is opened. ONNX Runtime then plans memory in advance and drops the part
of the graph that is for many rows, so a call takes less time. The graph and its numbers are those
of the first session.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from exprinfer.runtime.ort import CPU, inference_error, open_session


class SingleRow:
    """Answers one row of token ids at a time on a CPU. Threads may share it.

    Attributes:
        width: Length in symbols to which the row is padded.
        process: The process that opened the session; a fork of it needs another one.
    """

    def __init__(
        self, content: bytes, path: Path, dimensions: Sequence[str | int], width: int
    ) -> None:
        """Open the session.

        Args:
            content: The verified bytes of the model file.
            path: The file, for error messages.
            dimensions: The names of both dimensions of the file's input; a size is left as it is.
            width: The longest input of the model, in symbols.

        Raises:
            ModelFileError: If ONNX Runtime cannot open the file with these shapes.
        """
        sizes = zip(dimensions, (1, width), strict=True)
        fixed = {name: size for name, size in sizes if isinstance(name, str)}
        self.width, self.process, self._path = width, os.getpid(), path
        self._session = open_session(content, path, CPU, fixed=fixed)

    def run(self, tokens: bytes) -> tuple[list[int], float]:
        """Answer one row.

        Args:
            tokens: Token ids, one byte each, at most ``width`` of them.

        Returns:
            The ids of the answer, and its log-probability.

        Raises:
            InferenceError: If ONNX Runtime fails.
        """
        row = np.frombuffer(tokens.ljust(self.width, b"\0"), np.uint8).astype(np.int64)
        try:
            answer, log_prob = self._session.run(["answer", "log_prob"], {"tokens": row[None]})
        except Exception as error:
            raise inference_error(self._path, error) from error
        return answer.tolist()[0], log_prob.item()
