from __future__ import annotations

from functools import cache

import pytest

from training.longhand.memory import inference

_infer = cache(inference.infer)


@pytest.fixture
def inferred_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infer the automaton of longhand once for all tests with the same settings."""
    monkeypatch.setattr(inference, "infer", _infer)
