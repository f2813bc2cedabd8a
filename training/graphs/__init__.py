"""ONNX graphs written by hand, as text; the weights and constants come from the networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
import onnx.parser
from numpy.typing import ArrayLike
from onnx import numpy_helper


def build(
    name: str,
    values: Mapping[str, ArrayLike],
    words: Mapping[str, str] = MappingProxyType({}),
    **repeated: int,
) -> onnx.ModelProto:
    """Build the graph in ``NAME.txt``.

    Args:
        name: Name of the graph.
        values: Values by their names in the graph; those that it does not use are left out.
        words: Words of the text and what to put in their place.
        **repeated: How often to write each part between the lines ``# repeat NAME`` and ``# end``.
            In such a part, ``{k}`` is the number of the copy from 0 and ``{next}`` is ``k + 1``.

    Raises:
        onnx.parser.ParseError: If the text is not a graph.
        onnx.checker.ValidationError: If the graph is not complete or not valid.
    """
    lines = Path(__file__).with_name(f"{name}.txt").read_text().splitlines()
    text = "\n".join(_without_comments(_repeat(lines, repeated)))
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    model = onnx.parser.parse_model(text)
    used = {name for node in _nodes(model.graph) for name in node.input}
    for label, value in values.items():
        if label in used:
            tensor = numpy_helper.from_array(np.asarray(value, order="C"), label)
            model.graph.initializer.append(tensor)
    onnx.checker.check_model(model, full_check=True)
    return model


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph, and those of the graphs inside them."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            yield from _nodes(attribute.g)


def _repeat(lines: list[str], repeated: Mapping[str, int]) -> list[str]:
    written: list[str] = []
    part: list[str] = []
    times: int | None = None
    for line in lines:
        words = line.split()
        if words[:2] == ["#", "repeat"]:
            times = repeated[words[2]]
        elif words[:2] == ["#", "end"]:
            for k in range(times or 0):
                written += [
                    row.replace("{k}", str(k)).replace("{next}", str(k + 1)) for row in part
                ]
            part, times = [], None
        else:
            (written if times is None else part).append(line)
    return written


def _without_comments(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith("#")]
