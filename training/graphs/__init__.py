"""ONNX graphs written by hand, as text; the weights and constants come from the networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
import onnx.parser
from numpy.typing import ArrayLike, NDArray
from onnx import numpy_helper

#: Largest value in bytes of which each graph has a copy.
LARGEST_COPY = 4_096


def build(
    name: str,
    values: Mapping[str, ArrayLike],
    words: Mapping[str, str] = MappingProxyType({}),
    own_values: bool = True,
    **repeated: int,
) -> onnx.ModelProto:
    """Build the graph in ``NAME.txt``.

    Args:
        name: Name of the graph.
        values: Values by their names in the graph; those that it does not use are left out.
        words: Words of the text and what to put in their place.
        own_values: Whether each graph inside has its own values. A value of the outer graph is
            passed into a branch or a loop at every call, which takes time.
        **repeated: How often to write each part between the lines ``# repeat NAME`` and ``# end``.
            In such a part, ``{k}`` is the number of the copy from 0 and ``{next}`` is ``k + 1``. A
            line ``# include FILE K`` stands for the lines of ``FILE.txt`` with ``{k}`` = K.

    Raises:
        onnx.parser.ParseError: If the text is not a graph.
        onnx.checker.ValidationError: If the graph is not complete or not valid.
    """
    lines = _expand(_read(name), repeated)
    text = "\n".join(_without_comments(lines))
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    model = onnx.parser.parse_model(text)
    if own_values:
        _add_to_each(model.graph, values)
    else:
        used = {name for graph in _graphs(model.graph) for name in _names(graph)}
        _add(model.graph, {name: name for name in values if name in used}, values)
    onnx.checker.check_model(model, full_check=True)
    return model


def read_values(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    """Return the values of a graph that ``build`` made, and of the graphs inside it, by name."""
    return {
        tensor.name.rpartition(".")[2]: numpy_helper.to_array(tensor)
        for graph in _graphs(model.graph)
        for tensor in graph.initializer
    }


def branch(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Return a model without its last node, an If, and with one of its branches in its place.

    Args:
        model: The model.
        name: Name of the branch's graph.
    """
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    choice = changed.graph.node.pop()
    chosen = next(a.g for a in choice.attribute if a.g.name == name)
    changed.graph.node.extend(chosen.node)
    changed.graph.initializer.extend(chosen.initializer)
    del changed.graph.output[:]
    changed.graph.output.extend(chosen.output)
    return changed


def _add_to_each(graph: onnx.GraphProto, values: Mapping[str, ArrayLike]) -> None:
    """Give each graph the values that its nodes use, and its own copies of small ones.

    Large values that several graphs use are in the outer one.
    """
    users = [(inner, _names(inner) & values.keys()) for inner in _graphs(graph)]
    shared = [name for name in values if sum(name in names for _, names in users) > 1]
    outer = {name for name in shared if np.asarray(values[name]).nbytes > LARGEST_COPY}
    _add(graph, {name: name for name in outer}, values)
    for inner, names in users:
        copies = {
            name: f"{inner.name}.{name}" if name in shared and inner is not graph else name
            for name in sorted(names - outer)
        }
        for node in inner.node:
            node.input[:] = [copies.get(name, name) for name in node.input]
        _add(inner, copies, values)


def _add(
    graph: onnx.GraphProto, labels: Mapping[str, str], values: Mapping[str, ArrayLike]
) -> None:
    for name, label in labels.items():
        array = np.asarray(values[name], order="C")
        graph.initializer.append(numpy_helper.from_array(array, label))


def _names(graph: onnx.GraphProto) -> set[str]:
    """Return the names that the nodes of a graph read, without those of the graphs inside."""
    return {name for node in graph.node for name in node.input}


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph, and those inside it."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)


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
                written += _numbered(part, k)
            part, times = [], None
        else:
            (written if times is None else part).append(line)
    return written


def _expand(lines: list[str], repeated: Mapping[str, int]) -> list[str]:
    """Repeat the parts between ``# repeat`` and ``# end``, and include other files."""
    written: list[str] = []
    for line in _repeat(lines, repeated):
        words = line.split()
        if words[:2] == ["#", "include"]:
            included = _expand(_read(words[2]), repeated)
            written += _numbered(included, int(words[3]))
        else:
            written.append(line)
    return written


def _numbered(lines: list[str], k: int) -> list[str]:
    return [line.replace("{k}", str(k)).replace("{next}", str(k + 1)) for line in lines]


def _read(name: str) -> list[str]:
    return Path(__file__).with_name(f"{name}.txt").read_text().splitlines()


def _without_comments(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.lstrip().startswith("#")]
