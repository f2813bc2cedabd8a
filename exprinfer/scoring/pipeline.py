"""Blocks in, results and a summary out; reading, answering and writing overlap."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from exprinfer.evaluator import Evaluator
from exprinfer.runtime.log import log_event
from exprinfer.scoring.blocks import Block
from exprinfer.scoring.checkpoint import Output
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.summary import Summary

_LOGGER = logging.getLogger(__name__)


#: Blocks that wait to be answered or written, so that neither waits for the other.
QUEUE = 4


def score(
    evaluator: Evaluator,
    blocks: Iterable[Block],
    output: Output,
    progress: Callable[[int, int], None] = lambda lines, size: None,
) -> Summary:
    """Score every line and row of the blocks, in order, and hand the results to ``output``.

    Blocks are answered while the results before them are written. ``progress`` is told the lines
    and bytes done since it was last called. Every line gives one result, an empty one or one that
    is no text among them. Raises what reading and writing raise.
    """
    began = time.monotonic() - output.progress.summary.seconds
    names = [model.name for model in evaluator.models]
    log_event(_LOGGER, logging.INFO, "score begins", models=names, device=evaluator.device)

    def finish(block: Block, results: ScoredBatch) -> None:
        output.write(results, block.place)
        output.progress.summary.seconds = time.monotonic() - began
        progress(len(results.column), block.read)

    # Two blocks at once: while the last of one are answered, the other keeps all cores busy.
    with ThreadPoolExecutor(2) as workers:
        waiting: deque[tuple[Block, Future[ScoredBatch]]] = deque()
        try:
            for block in blocks:
                waiting.append((block, workers.submit(block.score, evaluator)))
                # What a slow pipe brings is answered at once, what a file holds block by block.
                while len(waiting) > (0 if block.prompt else QUEUE):
                    done, results = waiting.popleft()
                    finish(done, results.result())
            while waiting:
                done, results = waiting.popleft()
                finish(done, results.result())
        finally:
            for _, results in waiting:
                results.cancel()
    summary = output.progress.summary
    log_event(
        _LOGGER,
        logging.INFO,
        "score ends",
        lines=summary.lines,
        answered=summary.answered,
        certified=summary.certified,
        errors=dict(summary.errors),
        seconds=round(summary.seconds, 3),
    )
    return summary
