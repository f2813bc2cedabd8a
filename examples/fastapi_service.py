"""A web service that evaluates expressions, many requests together.

    pip install 'exprinfer[cpu,examples]' && uvicorn --app-dir examples fastapi_service:app
    curl 'localhost:8000/evaluate?expression=7*-9'

In a query a plus sign is written %2B.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

import exprinfer
from exprinfer.aio import ClosedError, MicroBatcher, OverloadedError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One evaluator and one batcher for all requests; what is under way is answered before the end.
    with exprinfer.load() as evaluator:
        async with MicroBatcher(evaluator, max_queue=10_000, when_full="refuse") as batcher:
            app.state.batcher = batcher
            yield


app = FastAPI(lifespan=lifespan)


# A batch is as slow as its slowest expression, so strangers' expressions are bounded in length.
@app.get("/evaluate")
async def evaluate(expression: Annotated[str, Query(max_length=64)]) -> dict[str, object]:
    """The result as a JSON object, with the keys that ``exprinfer score --format jsonl`` writes."""
    try:
        prediction = await app.state.batcher.evaluate(expression)
    except exprinfer.ExpressionError as error:
        detail = {"error": error.code, "message": error.message, "position": error.position}
        raise HTTPException(422, detail) from error
    except (OverloadedError, ClosedError) as error:
        raise HTTPException(503, str(error), {"Retry-After": "1"}) from error
    return dict(prediction.as_dict())
