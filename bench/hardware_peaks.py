"""How fast this computer could be: its peak rates, and the multiplications the network needs."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from bench.timing import fastest
from exprinfer.runtime.model_file import find
from training.expressions import sample
from training.graphs import read_values

#: Rows and columns of the square matrices that are multiplied.
SIDE = 1_024
#: Bytes of the array that is copied.
COPIED = 1 << 28
REPEATS = 9
SEED, EXPRESSIONS = 5, 65_536


def peak_rates() -> dict[str, float]:
    """Return what one thread reaches: matrix products in 1e9 operations/s, copying in GB/s."""
    return {
        "float32 products": _product_rate("MatMul", np.float32),
        "8-bit products": _product_rate("MatMulIntegerToFloat", np.int8),
        "copying": _copy_rate(),
    }


def _product_rate(operator: str, dtype: type) -> float:
    session, x = _product(operator, dtype)
    return round(2 * SIDE**3 / fastest(lambda: session.run(None, {"x": x}), REPEATS) / 1e9)


def _product(operator: str, dtype: type) -> tuple[onnxruntime.InferenceSession, np.ndarray]:
    """Return a session that multiplies by a square matrix, and an input for it."""
    shape = [SIDE, SIDE]
    rng = np.random.default_rng(0)
    weights = [numpy_helper.from_array(rng.integers(-9, 9, shape).astype(dtype), "w")]
    opsets = [helper.make_opsetid("", 20)]
    if dtype == np.int8:
        element, domain, inputs = TensorProto.UINT8, "com.microsoft", ["x", "w", "s", "s"]
        weights.append(numpy_helper.from_array(np.array(0.1, np.float32), "s"))
        opsets.append(helper.make_opsetid(domain, 1))
        x = rng.integers(0, 255, shape).astype(np.uint8)
    else:
        element, domain, inputs = TensorProto.FLOAT, "", ["x", "w"]
        x = rng.normal(size=shape).astype(np.float32)
    node = helper.make_node(operator, inputs, ["y"], domain=domain)
    value = helper.make_tensor_value_info("x", element, shape)
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "product", [value], [out], weights)
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = 10
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session, x


def _copy_rate() -> float:
    source = np.ones(COPIED, np.uint8)
    target = np.empty_like(source)
    # Each byte is read once and written once.
    return round(2 * COPIED / fastest(lambda: np.copyto(target, source), REPEATS) / 1e9, 1)


def multiplications() -> dict[str, float]:
    """Return the average multiplications per expression; all of them are products in 8 bits.

    They follow from the shapes of the weights and the number of symbol groups in expressions and
    answers. The first group that is read is looked up. A second group is written if the first one
    is full.
    """
    values = read_values(onnx.load(find("exact")))
    size = {name: value.size for name, value in values.items()}
    group = int(values["GROUP"][0])
    texts = sample(EXPRESSIONS, SEED)
    read = np.mean([-(-len(text) // group) for text in texts.texts()])
    written = np.mean([1 + len(answer) // group for answer in texts.answers()])
    first = size["BRIDGE"] + size["WRITE_STATE_WEIGHTS"]
    others = (read - 1) * size["READ_WEIGHTS"] + (written - 1) * size["WRITE_WEIGHTS"]
    in_8_bits = first + others + written * size["OUTPUT"]
    return {"8-bit": round(float(in_8_bits))}
