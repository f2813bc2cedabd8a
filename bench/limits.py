"""The machine's limits, measured, and what part of them our network reaches."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.language.validation import check
from exprinfer.runtime.model import Model
from exprinfer.runtime.model_file import find
from training.expressions import sample

#: Rows and columns of the square products, and bytes of the array that is copied.
SIDE, COPIED = 1_024, 1 << 28
SEED, EXPRESSIONS, BATCH = 5, 65_536, 1_024


def machine() -> dict[str, float]:
    """Products in billions of operations a second, copying in GB/s, on one thread."""
    return {
        "float32 products": _products("MatMul", np.float32),
        "8-bit products": _products("MatMulIntegerToFloat", np.int8),
        "copying": _copying(),
    }


def _products(kind: str, dtype: type) -> float:
    side = [SIDE, SIDE]
    rng = np.random.default_rng(0)
    weights = [numpy_helper.from_array(rng.integers(-9, 9, side).astype(dtype), "w")]
    if dtype == np.int8:
        element, domain, inputs = TensorProto.UINT8, "com.microsoft", ["x", "w", "s", "s"]
        weights.append(numpy_helper.from_array(np.array(0.1, np.float32), "s"))
        x = rng.integers(0, 255, side).astype(np.uint8)
    else:
        element, domain, inputs = TensorProto.FLOAT, "", ["x", "w"]
        x = rng.normal(size=side).astype(np.float32)
    node = helper.make_node(kind, inputs, ["y"], domain=domain)
    value = helper.make_tensor_value_info("x", element, side)
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "product", [value], [out], weights)
    session = _session(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid(domain, 1)]
            if domain else [helper.make_opsetid("", 20)],
        )
    )  # fmt: skip
    seconds = _fastest(lambda: session.run(None, {"x": x}))
    return round(2 * SIDE**3 / seconds / 1e9)


def _session(model: onnx.ModelProto) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model.ir_version = 10
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _copying() -> float:
    source = np.ones(COPIED, np.uint8)
    target = np.empty_like(source)
    return round(2 * COPIED / _fastest(lambda: np.copyto(target, source)) / 1e9, 1)


def _fastest(work: Callable[[], object], repeats: int = 9) -> float:
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def stages() -> dict[str, float]:
    """Nanoseconds an expression, on one thread, of each stage of ``evaluate_batch``."""
    texts = sample(EXPRESSIONS, SEED).texts()
    model = Model("exact", "cpu")
    alphabet = Alphabet(SYMBOLS)
    tokens, lengths = alphabet.encode(texts)
    batches = list(model.batches(tokens, lengths, BATCH))
    cut = [tokens[rows, : int(lengths[rows].max())] for rows in batches]
    ids = [model.session.run(part)[0] for part in cut]
    work: dict[str, Callable[[], object]] = {
        "tokenise": lambda: alphabet.encode(texts),
        "check": lambda: check(tokens, lengths),
        "cut batches": lambda: list(model.batches(tokens, lengths, BATCH)),
        "network": lambda: [model.session.run(part) for part in cut],
        "detokenise": lambda: [alphabet.decode(part) for part in ids],
    }
    return {
        name: round(1e9 * _fastest(run, repeats=3) / EXPRESSIONS, 1) for name, run in work.items()
    }


def operators() -> dict[str, float]:
    """Nanoseconds an expression, by ONNX Runtime's own profile, of the network's operators."""
    texts = sample(EXPRESSIONS, SEED).texts()
    model = Model("exact", "cpu")
    tokens, lengths = Alphabet(SYMBOLS).encode(texts)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = onnxruntime.InferenceSession(
            str(find("exact")), options, providers=["CPUExecutionProvider"]
        )
        for rows in model.batches(tokens, lengths, BATCH):
            part = tokens[rows, : int(lengths[rows].max())].astype(np.int64)
            session.run(None, {"tokens": part})
        events = json.loads(Path(session.end_profiling()).read_text())
    spent: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            name = event["args"]["op_name"]
            spent[name] += 0 if name == "Loop" else event["dur"]
    return {name: round(1e3 * spent[name] / EXPRESSIONS, 1) for name, _ in spent.most_common(12)}


def multiplications() -> dict[str, float]:
    """Multiplications an expression in the network's products, 8-bit and float32 ones.

    From the shapes of the weights, and the groups that the expressions have; a second group is
    written where the first one is full.
    """
    weights = {tensor.name: tensor.dims for tensor in onnx.load(find("exact")).graph.initializer}
    group = _group()
    texts = sample(EXPRESSIONS, SEED)
    read = np.mean([-(-len(text) // group) for text in texts.texts()])
    written = np.mean([1 + len(answer) // group for answer in texts.answers()])
    size = {name: int(np.prod(dims)) for name, dims in weights.items()}
    eight = size["FIRST_WEIGHTS"] + (read - 1) * size["READ_WEIGHTS"]
    return {
        "8-bit": round(float(eight + written * size["WRITE_WEIGHTS"])),
        "float32": round(float(size["BRIDGE"] + written * size["OUTPUT"])),
    }


def _group() -> int:
    tensors = onnx.load(find("exact")).graph.initializer
    value = next(numpy_helper.to_array(tensor) for tensor in tensors if tensor.name == "GROUP")
    return int(value[0])
