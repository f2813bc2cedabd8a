"""Score blocks and write the results; reading, evaluating and writing overlap."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from exprinfer.evaluator import Evaluator
from exprinfer.runtime.log import log_event
from exprinfer.scoring.marking import ScoredBatch
from exprinfer.scoring.reading.blocks import Block, Scored
from exprinfer.scoring.summary import Summary
from exprinfer.scoring.writing.checkpoint import Output

_LOGGER = logging.getLogger(__name__)

#: Maximum number of pending blocks: enough that evaluating and writing do not wait for each other.
PENDING_BLOCKS = 4
#: Seconds after which evaluations are ended again: one may have begun after the first time.
END_AGAIN = 0.05


def score(
    evaluator: Evaluator,
    blocks: Iterable[Block],
    output: Output,
    progress: Callable[[int, int], None] = lambda lines, size: None,
) -> Summary:
    """Score every line and row of the blocks, and write the results in order.

    Blocks are evaluated while the results before them are written. Every line gives one result,
    even if it is empty or not text. An exception, such as that of Ctrl-C, ends the evaluations.

    Args:
        evaluator: Answers the expressions.
        blocks: The blocks, in order.
        output: Takes the results.
        progress: Called after each block with the number of its lines, and of the bytes read.

    Returns:
        The counts over all lines, including those before a run was resumed.

    Raises:
        InputError: If an input cannot be scored.
        OutputError: If the results cannot be written in the output format.
        OSError: If reading or writing fails.
    """
    began = time.monotonic() - output.checkpoint.summary.seconds
    names = [model.name for model in evaluator.models]
    log_event(_LOGGER, logging.INFO, "score begins", models=names, device=evaluator.device)

    def finish(block: Block, batch: Scored) -> None:
        output.write(batch, block.position)
        output.checkpoint.summary.seconds = time.monotonic() - began
        lines = len(batch.result) if isinstance(batch, ScoredBatch) else 0
        progress(lines, block.bytes_read)

    # Two blocks at a time: when one is nearly done, the other keeps all cores busy.
    workers = ThreadPoolExecutor(2)
    pending: deque[tuple[Block, Future[Scored]]] = deque()
    try:
        for block in blocks:
            pending.append((block, workers.submit(block.score, evaluator)))
            # The results of a slow pipe are written as soon as they are ready.
            while len(pending) > (0 if block.prompt else PENDING_BLOCKS):
                finish(pending[0][0], pending[0][1].result())
                pending.popleft()
        while pending:
            finish(pending[0][0], pending[0][1].result())
            pending.popleft()
    except BaseException:
        _end([future for _, future in pending], evaluator)
        raise
    finally:
        workers.shutdown()
    summary = output.checkpoint.summary
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


def _end(futures: list[Future[Scored]], evaluator: Evaluator) -> None:
    """End the evaluations that are running, and do not begin the others."""
    for future in futures:
        future.cancel()
    evaluator.close(cancel=True)
    while wait(futures, END_AGAIN).not_done:
        evaluator.close(cancel=True)
