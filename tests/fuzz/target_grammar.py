"""Fuzz target: the grammar, in batches and one by one, compared with the oracle."""

from __future__ import annotations

from exprinfer.errors import EXPRESSION_ERRORS, DivisionByZeroError, explain
from exprinfer.language.grammar import DOMAIN_DESCRIPTIONS, Domain
from exprinfer.language.tokenizer import encode, encode_one
from exprinfer.language.validation import in_seed_domain, validate
from exprinfer.scoring.reference import exact_value
from tests.fuzz import oracle

#: Longest text here; the evaluator's limit is 2,048 symbols.
WIDTH = 40


def try_one(data: bytes) -> None:
    """Validate lines of bytes together and one by one."""
    texts = data.decode("utf-8", "surrogateescape").split("\n")
    together = validate(*encode(texts, WIDTH))
    for row, text in enumerate(texts):
        tokens, lengths = encode([text], WIDTH)
        alone = validate(tokens, lengths)
        number, position = int(alone.errors[0]), int(alone.positions[0])
        domain = Domain(alone.domains[0])
        assert number == together.errors[row]
        assert position == together.positions[row]
        assert domain == together.domains[row]
        assert (domain is Domain.NONE) == (number != 0)
        if len(text) <= WIDTH:
            assert in_seed_domain(encode_one(text)) == (domain is Domain.SEED)
        if number:
            _check_error(number, text, position)
        else:
            _check_value(text)


def _check_value(text: str) -> None:
    exact = exact_value(text)
    try:
        value = oracle.value(text)
    except ZeroDivisionError:  # the model finds it, not the grammar
        assert exact is None
        return
    assert value is not None
    assert exact is not None
    assert exact[1] == value


def _check_error(number: int, text: str, position: int) -> None:
    error = explain(number, text, position, DOMAIN_DESCRIPTIONS[Domain.SEED])
    assert type(error) is EXPRESSION_ERRORS[number]
    assert error.message.isascii()
    assert error.message.isprintable()
    assert len(error.message) < 200
    assert error.position is None or 0 <= error.position <= len(text)
    if len(text) > WIDTH:
        return
    assert exact_value(text) is None
    try:
        oracle.value(text)
    except ZeroDivisionError:
        return
    assert type(error) is not DivisionByZeroError
