"""Fit an encoder-decoder (gist or exact): its data, its loss, and its log."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from exprinfer.language.tokenizer import decode, encode
from training import networks
from training.data import Order, training_part, validation_part
from training.expressions import CHUNK_ROWS as EXPRESSIONS_CHUNK
from training.expressions import OPERATORS, Expressions
from training.loop import Fitting, check_device, make_optimizer, run_loop, set_learning_rate
from training.networks import Network
from training.recipe import Recipe, chain, load
from training.run import Run

#: Rows of one forward pass without gradients.
CHUNK_ROWS = 8_192
_NONE = np.empty(0, np.int64)


def fit(recipe: Recipe, runs: Path, device: str = "cpu", updates: int | None = None) -> Network:
    """Fit the recipe's network, and first the one that it starts from.

    Args:
        recipe: The recipe.
        runs: Folder of the runs; the run is kept in ``runs/RECIPE``, and continued if it is there.
        device: PyTorch device.
        updates: Stop after this many updates. None means all of the recipe's.

    Returns:
        The fitted network.

    Raises:
        FileNotFoundError: If ``training.start`` names no recipe.
        ValueError: If the folder holds a run of another recipe, the recipe has an error, or PyTorch
            cannot use the device.
        Stopped: If a signal stopped the run; its checkpoint is written.
    """
    check_device(device)
    check(recipe)
    start = recipe.training.start
    if start and not Run(runs / recipe.name, recipe).exists():
        fit(load(start), runs, device)
    network = run_loop(recipe, runs, lambda: EncoderDecoderFitting(recipe, runs, device), updates)
    assert isinstance(network, Network)
    return network


def check(recipe: Recipe) -> None:
    """Check what only PyTorch knows, before the long work.

    Raises:
        ValueError: If a network or an optimizer does not take its settings, or the weights of one
            run do not fit into the network of the next.
    """
    before: Network | None = None
    for step in chain(recipe):
        network = networks.build(step.model, step.data.ranges)
        make_optimizer(network, step.training)
        if before is not None:
            try:
                network.start_from(before.state_dict())
            except (RuntimeError, KeyError) as error:
                raise ValueError(
                    f"[training] start: the weights of {step.training.start!r} do not fit into the "
                    f"network of {step.name!r}; give both the same network and settings"
                ) from error
        before = network


class EncoderDecoderFitting(Fitting):
    """Network, optimizer and data, and the sums behind the next row of the log."""

    network: Network

    def __init__(self, recipe: Recipe, runs: Path, device: str) -> None:
        self.training = recipe.training
        self.device = device
        self.network = networks.build(recipe.model, recipe.data.ranges)
        self.network.initialize(torch.Generator().manual_seed(self.training.seed))
        if self.training.start:
            start = load(self.training.start)
            self.network.start_from(Run(runs / start.name, start).weights())
        self.network.to(device)
        self.optimizer = make_optimizer(self.network, self.training)
        part, validation = training_part(recipe.data), validation_part(recipe.data)
        self.tokens, self.targets = _to_small_tensors(part, self.network, device)
        self.validation = _to_small_tensors(validation, self.network, device)
        self.validation_operator = validation.operator
        self.order = Order(recipe.training, part.operator)
        self.sums = torch.zeros(3, device=device)
        self.all_secure = False
        self.loss = (
            torch.compile(loss_and_accuracy) if self.training.compiled else loss_and_accuracy
        )

    def update(self, number: int, wrong: NDArray[np.int64] = _NONE) -> None:
        """Take one step down the cross-entropy of all written symbols, padding included."""
        set_learning_rate(self.optimizer, number, self.training)
        rows = self.order.rows(number, wrong)
        tokens, targets = self.tokens[rows].long(), self.targets[rows].long()
        kind = torch.device(self.device).type
        with torch.autocast(kind, torch.bfloat16, self.training.precision == "bfloat16"):
            loss, accuracy = self.loss(self.network, tokens, targets)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.sums += torch.stack([loss.detach(), accuracy, torch.ones_like(accuracy)])

    def row(self) -> dict[str, float]:
        """Return loss and accuracy per symbol since the last row, and the exact match on the
        validation data: the share of expressions whose whole answer is right."""
        loss, accuracy, count = self.sums.tolist()
        self.sums.zero_()
        right, secure = self._right(*self.validation)
        self.all_secure = bool(secure.all())
        per_operator = {
            f"exact_match {symbol}": float(right[self.validation_operator == index].mean())
            for index, symbol in enumerate(OPERATORS)
        }
        row = {"loss": loss / count, "symbol_accuracy": accuracy / count}
        return {**row, "exact_match": float(right.mean()), **per_operator}

    def is_perfect(self, row: dict[str, float]) -> bool:
        """Return whether all answers are right by the margin."""
        return row["exact_match"] == 1 and self.all_secure

    def wrong(self) -> NDArray[np.int64]:
        """Return the rows of the training data that the network does not get right by the margin
        at present.
        """
        return np.flatnonzero(~self._right(self.tokens, self.targets)[1])

    @torch.no_grad()
    def _right(
        self, tokens: Tensor, targets: Tensor
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which answers are right as a whole, and which of them by the margin, both bool
        ``[rows]``.

        Teacher forcing gives the same verdict as greedy decoding: up to its first wrong symbol, the
        decoder was given the right ones. It runs in float32, like the shipped network.
        """
        right, secure = [], []
        for start in range(0, len(tokens), CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            expected = targets[rows].long()
            logits = self.network(tokens[rows].long(), expected)
            right.append((logits.argmax(-1) == expected).all(dim=1))
            best, second = logits.topk(2, dim=-1).values.unbind(-1)
            secure.append(right[-1] & (best - second >= self.training.margin).all(dim=1))
        return torch.cat(right).cpu().numpy(), torch.cat(secure).cpu().numpy()


def loss_and_accuracy(network: Network, tokens: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the cross-entropy of all written symbols, and the share of them that is right."""
    logits = network(tokens, targets).float()
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    right = logits.detach().argmax(-1) == targets
    return loss, right.float().mean()


def to_tensors(expressions: Expressions, network: Network, device: str) -> tuple[Tensor, Tensor]:
    """Encode expressions and what is to be written.

    Both are int64, ``[n, longest_input]`` and ``[n, written]``.
    """
    tokens, _ = encode(expressions.texts(), network.longest_input)
    return torch.from_numpy(tokens).long().to(device), network.written(expressions).to(device)


def _to_small_tensors(
    expressions: Expressions, network: Network, device: str
) -> tuple[Tensor, Tensor]:
    """Encode expressions and answers as ``to_tensors`` does, but as uint8 and part by part."""
    starts = range(0, len(expressions), EXPRESSIONS_CHUNK)
    parts = [
        to_tensors(expressions[start : start + EXPRESSIONS_CHUNK], network, "cpu")
        for start in starts
    ]
    tokens, targets = (torch.cat([part[i].to(torch.uint8) for part in parts]) for i in (0, 1))
    return tokens.to(device), targets.to(device)


@torch.no_grad()
def decoded(network: Network, expressions: Expressions) -> NDArray[np.str_]:
    """Return the network's answers, decoding greedily in float32."""
    tokens, _ = encode(expressions.texts(), network.longest_input)
    answers = [
        network.decode(torch.from_numpy(tokens[start : start + CHUNK_ROWS]).long())[0].numpy()
        for start in range(0, len(tokens), CHUNK_ROWS)
    ]
    return decode(np.concatenate(answers))
