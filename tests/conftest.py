"""What several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

import exprinfer
from exprinfer import Evaluator

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def gist() -> Evaluator:
    return exprinfer.load("gist", "cpu")
