"""A web service that evaluates expressions, many requests in one batch.

    pip install '.[cpu,examples]' && uvicorn --app-dir examples fastapi_service:app
    curl 'localhost:8000/evaluate?expression=7*-9'

In the query of a URL, write a plus sign as %2B.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

import exprinfer
from exprinfer.aio import MicroBatcher


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # All requests share one evaluator and one batcher. On shutdown, pending requests are answered.
    # Costly expressions do not delay others, but they take time from each other: limit the cost.
    with exprinfer.load(max_symbols=64, max_steps=4_000, timeout=1) as evaluator:
        async with MicroBatcher(evaluator, max_queue=10_000, when_full="refuse") as batcher:
            app.state.batcher = batcher
            yield


app = FastAPI(lifespan=lifespan)


# Texts that are too long for any expression are refused before they are queued.
@app.get("/evaluate")
async def evaluate(expression: Annotated[str, Query(max_length=64)]) -> dict[str, object]:
    """Return the result as JSON, with the same keys as ``exprinfer score --format jsonl``."""
    try:
        prediction = await app.state.batcher.evaluate(expression)
    except exprinfer.ExpressionError as error:
        detail = {"error": error.code, "message": error.message, "position": error.position}
        raise HTTPException(422, detail) from error
    except (exprinfer.OverloadedError, exprinfer.ClosedError) as error:
        raise HTTPException(503, str(error), {"Retry-After": "1"}) from error
    return dict(prediction.as_dict())
