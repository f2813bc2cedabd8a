"""Parts of a graph: only what some outputs need, with given values in place of computed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper


def part(
    model: onnx.ModelProto,
    outputs: Iterable[str],
    given: Mapping[str, NDArray[np.generic]] | None = None,
) -> onnx.ModelProto:
    """Return a model of the nodes that some values need.

    Args:
        model: The whole model.
        outputs: Names of the values, outputs of the graph or inside it.
        given: Constants in place of computed values or of initializers, by name.
    """
    given, graph = given or {}, model.graph
    wanted, nodes = set(outputs), []
    for node in reversed(graph.node):
        node_outputs = set(node.output) - given.keys()
        if wanted & node_outputs:
            wanted |= _uses(node)
            nodes.append(node)
    declared = {value.name: value for value in graph.output}
    values = [
        declared.get(name) or onnx.helper.make_empty_tensor_value_info(name) for name in outputs
    ]
    constants = [
        tensor for tensor in graph.initializer if tensor.name in wanted and tensor.name not in given
    ]
    constants += [
        numpy_helper.from_array(array, name) for name, array in given.items() if name in wanted
    ]
    inputs = [value for value in graph.input if value.name in wanted]
    made = onnx.helper.make_graph(nodes[::-1], "part", inputs, values, constants)
    result = onnx.helper.make_model(made, opset_imports=model.opset_import)
    result.ir_version = model.ir_version
    return onnx.shape_inference.infer_shapes(result)


def initializers(model: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    """Return the weights and constants of a file by their names."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _uses(node: onnx.NodeProto) -> set[str]:
    """Return the names that a node uses, also in the graphs inside it."""
    names = set(node.input)
    for attribute in node.attribute:
        for inner in attribute.g.node:
            names |= _uses(inner)
        names |= {value.name for value in attribute.g.output}
    return names
