"""Columns and tables of Arrow, pandas and Polars give the results of ``evaluate_many``."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import exprinfer
from exprinfer import Evaluator
from exprinfer.errors import InputError
from exprinfer.results import FIELDS
from training.expressions import sample

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from exprinfer import arrow  # noqa: E402
from exprinfer.arrow import SCHEMA, evaluate_arrow, evaluate_table, to_pandas  # noqa: E402

BIG = 2**63
TEXTS = [
    *sample(500, seed=12).texts(),
    *("1/0", "", "1+x", "5+", "\N{FULLWIDTH DIGIT ONE}+1", "1\0+1", "1+" + "1" * 3_000),
    f"{BIG - 1}+0", f"{BIG}+0", f"-{BIG}-0", f"-{BIG}-1", "0*5", "999999999999999999*10",
]  # fmt: skip


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return exprinfer.load(device="cpu")


def rows_of(table: Any) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def expected_rows(evaluator: Evaluator, texts: list[str | None]) -> list[dict[str, object]]:
    predictions = iter(evaluator.evaluate_many([text for text in texts if text is not None]))
    rows: list[dict[str, object]] = []
    for text in texts:
        row: dict[str, object] = dict.fromkeys(FIELDS)
        if text is not None:
            row |= next(predictions).as_dict()
        if isinstance(row["value"], int) and not -BIG <= row["value"] < BIG:
            row["value"] = None
        rows.append(row)
    return rows


def test_a_column_gives_the_same_results_as_evaluate_many(evaluator: Evaluator) -> None:
    table = evaluate_arrow(evaluator, pa.array(TEXTS))
    assert table.schema == SCHEMA
    assert rows_of(table) == expected_rows(evaluator, list(TEXTS))


def test_values_that_do_not_fit_into_64_bits_are_null(evaluator: Evaluator) -> None:
    limits = [BIG - 1, BIG, -BIG, -BIG - 1]
    table = evaluate_arrow(evaluator, [f"{limit}+0" for limit in limits])
    assert table["answer"].to_pylist() == [str(limit) for limit in limits]
    assert table["value"].to_pylist() == [BIG - 1, None, -BIG, None]


def texts_with_nulls() -> list[str | None]:
    return [text if number % 3 else None for number, text in enumerate(TEXTS)]


@pytest.mark.parametrize(
    "make_column",
    [
        pytest.param(lambda texts: pa.array(texts, pa.string()), id="string"),
        pytest.param(lambda texts: pa.array(texts, pa.large_string()), id="large_string"),
        pytest.param(lambda texts: pa.array(texts, pa.string_view()), id="string_view"),
        pytest.param(lambda texts: pa.array(texts).dictionary_encode(), id="dictionary"),
        pytest.param(
            lambda texts: pa.chunked_array([pa.array(texts[:99]), pa.array([], pa.string()),
                                            pa.array(texts[99:])]), id="chunked"),
        pytest.param(lambda texts: pa.array([None, *texts, "x"]).slice(1, len(texts)), id="slice"),
        pytest.param(lambda texts: texts, id="list"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk_rows", [1 << 17, 100])
def test_nulls_are_kept_in_columns_of_every_type(
    evaluator: Evaluator, make_column: Any, chunk_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "CHUNK_ROWS", chunk_rows)
    texts = texts_with_nulls()
    table = evaluate_arrow(evaluator, make_column(texts))
    table.validate(full=True)
    assert rows_of(table) == expected_rows(evaluator, texts)


def test_a_pandas_series(evaluator: Evaluator) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    texts = texts_with_nulls()
    expected = expected_rows(evaluator, texts)
    for kind in ("str", "object", "category"):
        table = evaluate_arrow(evaluator, pandas.Series(texts, dtype=kind))
        assert rows_of(table) == expected
    frame = table.to_pandas()
    assert list(frame.columns) == list(FIELDS)
    assert frame["answer"].isna().sum() == sum(row["answer"] is None for row in expected)


def test_a_polars_series(evaluator: Evaluator) -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    texts = texts_with_nulls()
    expected = expected_rows(evaluator, texts)
    for kind in (polars.String, polars.Categorical):
        table = evaluate_arrow(evaluator, polars.Series(texts, dtype=kind))
        assert rows_of(table) == expected
    assert polars.from_arrow(table)["answer"].to_list() == [row["answer"] for row in expected]


def test_empty_columns_and_columns_of_nulls(evaluator: Evaluator) -> None:
    column: Any
    for column in (pa.array([], pa.string()), pa.chunked_array([], pa.string()), []):
        assert evaluate_arrow(evaluator, column).equals(SCHEMA.empty_table())
    for column in ([None, None], pa.array([None, None], pa.large_string())):
        assert rows_of(evaluate_arrow(evaluator, column)) == [dict.fromkeys(FIELDS)] * 2


@pytest.mark.parametrize(
    "column", ["1+2", b"1+2", [1, 2], [b"1+2"], pa.table({"a": ["1+2"]}), np.ones(2)]
)
def test_a_column_that_does_not_hold_text_is_refused(evaluator: Evaluator, column: Any) -> None:
    with pytest.raises(TypeError, match="column"):
        evaluate_arrow(evaluator, column)


def test_a_table_keeps_its_columns(evaluator: Evaluator) -> None:
    table = pa.table({"id": [7, 8, 9], "sum": ["1+2", None, "1/0"], "by": ["a", "b", "c"]})
    results = evaluate_table(evaluator, table, "sum")
    assert results.column_names == ["id", "sum", "by", *FIELDS[1:]]
    assert results.select(["id", "sum", "by"]).equals(table)
    assert results["value"].to_pylist() == [3, None, None]
    assert results["error"].to_pylist() == [None, None, "division_by_zero"]
    with pytest.raises(InputError, match="no column 'expression'; the columns are id, sum, by"):
        evaluate_table(evaluator, table)
    with pytest.raises(InputError, match="columns named like results: value; rename"):
        evaluate_table(evaluator, table.rename_columns(["value", "sum", "by"]), "sum")


def test_without_pyarrow_the_error_names_the_extra_and_the_package_works() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import exprinfer\n"
        "try:\n    import exprinfer.arrow\n"
        "except exprinfer.ExtraMissingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "exprinfer[files]" in done.stdout


def test_integers_keep_their_digits_in_pandas_even_if_some_are_missing() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    large = 2**53 + 1
    result = exprinfer.load(device="cpu").evaluate_batch([f"{large}*1", "1/0", "5+3"])
    for frame in (result.to_pandas(), to_pandas(result.to_arrow())):
        assert int(frame["value"][0]) == large
        assert frame["value"].isna().tolist() == [False, True, False]
        assert int(frame["position"][1]) == 2
    assert result.values == [large, None, 8]


def test_a_batch_result_has_a_short_repr_and_becomes_a_table() -> None:
    texts = [f"{number}+1" for number in range(1, 100)] * 100
    result = exprinfer.load(device="cpu").evaluate_batch(texts)
    assert repr(result) == "BatchResult(9,900 rows: 9,900 answered, 9,900 certified, 0 errors)"
    assert result.to_arrow().schema == SCHEMA
    assert result.to_arrow()["value"].to_pylist() == result.values
