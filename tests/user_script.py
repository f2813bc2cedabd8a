"""A user's program: every public call, with the types that its author expects.

``tests/test_public_api.py`` checks it with mypy and pyright against the installed package, and runs
it.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import exprinfer
from exprinfer import (
    BatchResult,
    Certificate,
    Domain,
    ErrorInfo,
    Evaluator,
    ExpressionError,
    ModelInfo,
    Operands,
    Operation,
    Prediction,
    StateInfo,
    Trace,
    TraceStep,
)
from exprinfer.aio import MicroBatcher
from exprinfer.arrow import evaluate_arrow, evaluate_table, to_pandas
from exprinfer.ray import Evaluate, Totals, score_dataset


def one(evaluator: Evaluator) -> None:
    """Evaluate one expression, and handle its error."""
    prediction: Prediction = evaluator.evaluate("-(66+-19)")
    answer: str | None = prediction.answer
    value: int | None = prediction.value
    log_prob: float | None = prediction.log_prob
    probability: float | None = prediction.probability
    certified: bool = prediction.certified
    model: str = prediction.model
    row: dict[str, str | int | float | bool | None] = prediction.as_dict()
    assert (answer, value, certified, model) == ("-47", -47, True, "exact")
    assert log_prob is not None
    assert probability is not None
    assert row["expression"] == prediction.expression
    try:
        evaluator.evaluate("1/0")
    except exprinfer.DivisionByZeroError as error:
        code: str = error.code
        message: str = error.message
        position: int | None = error.position
        print(code, message, position)


def many(evaluator: Evaluator) -> None:
    """Evaluate many expressions: as a list, as a stream, and as arrays."""
    predictions: list[Prediction] = evaluator.evaluate_many(["5+3", "5+x"])
    problem: ErrorInfo | None = predictions[1].error
    assert problem is not None
    print(problem.code, problem.message, problem.position)

    stream: Iterator[Prediction] = evaluator.stream(f"{n}+{n}" for n in range(5))
    print([prediction.value for prediction in stream])

    result: BatchResult = evaluator.evaluate_batch(["5+3", "7*-9", ""])
    log_probs: NDArray[np.float32] = result.log_probs
    flags: NDArray[np.bool_] = result.certified
    errors: NDArray[np.uint8] = result.errors
    positions: NDArray[np.int32] = result.positions
    index: NDArray[np.uint8] = result.model_index
    models: tuple[str, ...] = result.models
    domain: Domain = result.domain
    reason: ExpressionError = result.error(2)
    print(len(result), result.answers.tolist(), flags.tolist(), errors.tolist(), reason)
    print(log_probs.shape, positions.tolist(), [models[row] for row in index.tolist()], domain.name)
    print([prediction.value for prediction in result])
    values: list[int | None] = result.values
    print(values, result.to_arrow().num_rows, len(result.to_pandas()))


def working(evaluator: Evaluator) -> None:
    """Follow the working of one expression."""
    trace: Trace = evaluator.trace("2*3+4")
    names: tuple[str, ...] = trace.tapes
    step: TraceStep = trace.steps[0]
    state: str = step.state
    tapes: tuple[str, ...] = step.tapes
    heads: tuple[int, ...] = step.heads
    looks: tuple[bool, ...] = step.looks
    operation: Operation = trace.operations[0]
    number: int = operation.step
    texts: list[str] = [operation.text, operation.result, operation.remaining]
    print(names, state, tapes, heads, looks, number, texts)
    print(str(trace), trace.summary(), trace.table(), sep="\n")


def models() -> None:
    """List the shipped models, and see which one is open."""
    known: list[ModelInfo] = exprinfer.list_models()
    for model in known:
        domains: tuple[Domain, Domain] = model.domain, model.certified_domain
        counts: tuple[int, int, int, int] = (
            model.longest_input, model.longest_output, model.checked, model.right,
        )  # fmt: skip
        texts: tuple[str, ...] = (
            model.format_version, model.name, model.version, model.symbols, model.exact_match,
            model.recipe, model.weights_sha256, model.file_sha256,
        )  # fmt: skip
        tapes: tuple[str, ...] = model.tapes
        states: tuple[StateInfo, ...] = model.states
        devices: tuple[str, ...] = model.certified_on
        certificate: Certificate | None = model.certificate
        if certificate:
            domain: Domain = certificate.domain
            found: tuple[int, int] = certificate.checked, certificate.right
            where: tuple[str, ...] = (*certificate.devices, *certificate.processors)
            about: tuple[str, ...] = (
                certificate.file_sha256, certificate.model, certificate.version,
                certificate.statement, certificate.method, certificate.onnxruntime,
                certificate.date,
            )  # fmt: skip
            print(domain, found, where, about)
        operands: Operands = model.operands
        first: tuple[int, int] = operands.a
        print(first, operands.b, operands.describe())
        print(texts[1], domains, counts, tapes, devices)
        for state in states[:1]:
            words: tuple[str, str, str] = state.name, state.operation, state.sign
            print(words)
    try:
        exprinfer.load(Path("nothing.onnx"))
    except exprinfer.ModelNotFoundError as error:
        print(error)


def notations() -> None:
    """Read other notations, and see what was read."""
    with exprinfer.load(normalize=True) as evaluator:
        prediction = evaluator.evaluate("5 + 3 =")
        read_as: str | None = prediction.read_as
        asked: bool = evaluator.normalize
        texts: Mapping[int, str] = evaluator.evaluate_batch(["5+3", "5 + 3"]).read_as
        print(prediction.expression, read_as, prediction.value, asked, dict(texts))


def embedding() -> None:
    """Choose how to load, share by a pickle, and close."""
    with exprinfer.load(
        "auto", "auto", batch_size=64, threads=2, allow_out_of_domain=False
    ) as evaluator:
        opened: tuple[ModelInfo, ...] = evaluator.models
        device: str = evaluator.device
        note: str = evaluator.device_note
        size: int | None = evaluator.batch_size
        outside: bool = evaluator.allow_out_of_domain
        print(len(opened), device, note, size, outside)
        copy: Evaluator = pickle.loads(pickle.dumps(evaluator))
        print(copy.evaluate("5+3").value)
        copy.close()
    print(exprinfer.__version__)


def columns(evaluator: Evaluator) -> None:
    """Evaluate Arrow columns and tables."""
    table = evaluate_arrow(evaluator, ["5+3", None, "1/0"])
    print(table.num_rows, table.column_names, len(to_pandas(table)))
    answered = evaluate_table(evaluator, table.select(["expression"]), "expression")
    print(answered.num_rows)
    evaluate = Evaluate("expression", model="exact", device="cpu", threads=1)
    print(evaluate(table.select(["expression"])).num_rows)


def cluster(source: str, output: str) -> Totals:
    """Score a data set by Ray; not run here."""
    totals: Totals = score_dataset(
        [source],
        output,
        column="sum",
        expected="answer",
        delimiter=";",
        encoding="cp1252",
        name_files=True,
        address=None,
        workers=8,
        normalize=True,
        tell=print,
    )
    counts: tuple[int, int, int] = totals.rows, totals.certified, totals.unreadable
    marks: tuple[int, int, int] = totals.marked, totals.given_right, totals.right
    print(counts, marks, totals.errors.most_common())
    return totals


async def service(evaluator: Evaluator) -> None:
    """Answer many requests of an event loop."""
    async with MicroBatcher(
        evaluator, max_batch=64, max_wait=0.001, max_queue=100, threads=1, when_full="refuse"
    ) as batcher:
        try:
            found: list[Prediction] = await asyncio.gather(*map(batcher.evaluate, ["5+3", "7*-9"]))
            print([prediction.value for prediction in found])
        except (exprinfer.OverloadedError, exprinfer.ClosedError) as error:
            print(error)
    await batcher.close(cancel=True)


def main() -> None:
    """Run all of it."""
    evaluator = exprinfer.load()
    one(evaluator)
    many(evaluator)
    working(evaluator)
    models()
    notations()
    embedding()
    columns(evaluator)
    asyncio.run(service(evaluator))


if __name__ == "__main__":
    main()
