"""Fit a network with a memory of its own to visible workings. Nothing here knows a state.

Each update takes long walks through whole traces, and many short ones. A short walk starts from
the memory that the network had there some updates ago. Long walks teach what to keep for later;
short ones are drawn alike over all situations, so that rare ones are learned too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.longhand.machine import TAPES
from training.longhand.memory.network import MemoryNetwork
from training.longhand.memory.traces import Traces
from training.longhand.memory.tree import labels

#: Steps of one call when all memories are computed anew.
_REFRESH_ROWS = 4_096


@dataclass(frozen=True)
class Plan:
    """How the network is fitted.

    Attributes:
        updates: Number of updates.
        rate: Largest learning rate; it rises for 100 updates and then falls to 0 as a cosine.
        noise: Noise of the bits at the end, a standard deviation; it rises in the first half.
        long: Number and length of the long walks of an update.
        short: Number and length of the short ones.
        refresh: Updates between two computations of all memories.
    """

    updates: int = 12_000
    rate: float = 0.004
    noise: float = 0.5
    long: tuple[int, int] = (32, 48)
    short: tuple[int, int] = (256, 6)
    refresh: int = 400


class MemoryFitting:
    """Network, optimizer, traces, and the memory that the network had before each step."""

    def __init__(self, traces: Traces, seed: int, plan: Plan, bits: int = 24) -> None:
        self.traces, self.plan = traces, plan
        self.generator = torch.Generator().manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.network = MemoryNetwork(torch.from_numpy(traces.alphabet.sights), bits)
        self.network.initialize(self.generator)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), plan.rate, (0.9, 0.98))
        self.sight = torch.from_numpy(traces.sight.astype(np.int64))
        deeds = traces.alphabet.deeds[traces.deed]
        moves = deeds[:, len(TAPES) : -1] + 1
        self.deeds = torch.from_numpy(np.hstack([deeds[:, : len(TAPES)], moves]).astype(np.int8))
        looks = traces.next_looks[:, None] >> np.arange(len(TAPES)) & 1
        self.looks = torch.from_numpy(looks.astype(np.int8))
        steps = np.diff(traces.starts)
        self.first = np.repeat(traces.starts[:-1], steps)
        self.last = np.repeat(traces.starts[1:] - 1, steps)
        self.memory = torch.zeros(len(self.sight), bits, dtype=torch.uint8)
        self.situations = Situations(traces)
        self.done = 0

    def update(self) -> float:
        """Take one step down the loss; return it."""
        plan = self.plan
        if self.done % plan.refresh == 0 and self.done:
            self.refresh()
        part = self.done / plan.updates
        rate = plan.rate * min(1, self.done / 100) * 0.5 * (1 + math.cos(math.pi * part))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        noise = plan.noise * min(1.0, 2 * part)
        loss = self._loss(self._short_starts(), plan.short[1], noise)
        loss = loss + self._loss(self._long_starts(), plan.long[1], noise)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.done += 1
        return float(loss.detach()) / 2

    def _short_starts(self) -> NDArray[np.int64]:
        rows, length = self.plan.short
        chosen = self.situations.draw(self.rng, rows)
        early = chosen - self.rng.integers(0, length - 2, rows)
        starts: NDArray[np.int64] = np.maximum(early, self.first[chosen])
        return starts

    def _long_starts(self) -> NDArray[np.int64]:
        rows = self.plan.long[0]
        chosen = self.rng.integers(0, len(self.sight), rows)
        return np.where(self.rng.random(rows) < 0.5, self.first[chosen], chosen)

    def _loss(self, starts: NDArray[np.int64], length: int, noise: float) -> Tensor:
        """Return the mean cross-entropy of all visible decisions in walks from some steps."""
        places = starts + np.arange(length)[:, None]
        inside = torch.from_numpy(places <= self.last[starts])
        at = torch.from_numpy(np.minimum(places, self.last[starts]))
        rows = len(starts)
        drawn = noise * torch.randn(length, rows, self.network.bits, generator=self.generator)
        rounded = torch.rand(rows, 1, generator=self.generator) < 0.5
        memory = self.memory[torch.from_numpy(starts)].float()
        walk = self.network.walk(memory, self.sight[at], drawn, rounded)
        hidden, bits, at = walk.hidden[inside], walk.bits[inside], at[inside]
        logits, looks = self.network.decide(hidden, bits)
        right = self.deeds[at].long()
        entropy = sum(
            (nn.functional.cross_entropy(one, right[:, place]) for place, one in enumerate(logits)),
            start=torch.zeros(()),
        )
        target = self.looks[at].float()
        return entropy + 4 * nn.functional.binary_cross_entropy_with_logits(looks, target)

    @torch.no_grad()
    def refresh(self) -> NDArray[np.bool_]:
        """Compute all memories anew; return which steps are right from them, bool ``[steps]``."""
        starts, lengths = self.traces.starts[:-1], np.diff(self.traces.starts)
        order = np.argsort(-lengths, kind="stable")
        right = np.zeros(len(self.sight), bool)
        gates = self.network.gates()
        for begin in range(0, len(order), _REFRESH_ROWS):
            chosen = order[begin : begin + _REFRESH_ROWS]
            first, longest = starts[chosen], int(lengths[chosen[0]])
            memory = torch.zeros(len(chosen), self.network.bits)
            for step in range(longest):
                rows = int((lengths[chosen] > step).sum())
                at = torch.from_numpy(first[:rows] + step)
                memory = memory[:rows]
                self.memory[at] = memory.byte()
                now = self.network.step(memory, gates[self.sight[at]])
                memory = (now.bits > 0).float()
                right[at.numpy()] = self._right(now.hidden, memory, at).numpy()
        return right

    def _right(self, hidden: Tensor, memory: Tensor, at: Tensor) -> Tensor:
        logits, looks = self.network.decide(hidden, memory)
        right = ((looks > 0) == (self.looks[at] > 0)).all(1)
        for place, one in enumerate(logits):
            right &= one.argmax(1) == self.deeds[at, place]
        return right


class Situations:
    """Draws steps so that each kind of step is drawn about equally often.

    A kind is what was seen in the step before, and what is seen and done in this one.
    """

    def __init__(self, traces: Traces) -> None:
        before = np.append(-1, traces.sight[:-1])
        before[traces.starts[:-1]] = -1
        rows = np.stack([before, traces.sight, labels(traces)], 1)
        weights = np.array([1 << 40, 1 << 20, 1])
        numbers = (rows + 1) @ weights
        _, self.kind, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        self.kinds = len(counts)
        self._order = np.argsort(self.kind, kind="stable")
        self._first, self._counts = np.cumsum(counts) - counts, counts

    def draw(self, rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
        """Draw steps, int64 ``[rows]``."""
        kind = rng.integers(0, self.kinds, rows)
        place = (rng.random(rows) * self._counts[kind]).astype(np.int64)
        chosen: NDArray[np.int64] = self._order[self._first[kind] + place]
        return chosen

    def share(self, right: NDArray[np.bool_]) -> float:
        """Return the share of right steps, each kind counted once."""
        return float((np.bincount(self.kind, right) / self._counts).mean())
