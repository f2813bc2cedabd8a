"""Fits a network as its recipe says, and goes on where a stopped run left off."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from exprinfer.alphabet import SYMBOLS, Alphabet
from training.expressions import Expressions, sample
from training.networks import NETWORKS, Network
from training.recipe import Recipe
from training.run import Run

#: Fresh samples on which the log's exact match is measured.
WATCHED = 1_000


def fit(recipe: Recipe, folder: Path, device: str = "cpu", updates: int | None = None) -> Network:
    """Fit the recipe's network and keep the run in ``folder``.

    A run that was stopped goes on from its last checkpoint and ends with the same weights as one
    that was not: the order of the samples depends on seed and epoch alone. ``updates`` ends the run
    early, at a checkpoint that a later call goes on from. Raises ValueError where the folder holds
    a run of another recipe.
    """
    settings = recipe.training
    torch.set_num_threads(settings.threads)
    network = NETWORKS[recipe.model.network]()
    network.initialise(torch.Generator().manual_seed(settings.seed))
    network.to(device)
    optimizer = torch.optim.RMSprop(
        [weight for weight in network.parameters() if weight.requires_grad],
        lr=settings.learning_rate,
        alpha=settings.rho,
        eps=settings.epsilon,
    )
    run = Run(folder, recipe)
    progress = run.restore(network, optimizer)

    tokens, targets = to_tensors(sample(recipe.data.samples, recipe.data.seed), network, device)
    watched = to_tensors(sample(WATCHED, recipe.data.seed + 1), network, device)
    per_epoch = len(tokens) // settings.batch_size
    total = settings.epochs * per_epoch
    last = min(total, updates or total)

    loss_sum, correct_sum = torch.zeros(2, device=device)
    began = time.monotonic() - progress.seconds
    bar = tqdm(total=total, initial=progress.update, unit="update", smoothing=0.02)
    order = np.empty(0)
    while progress.update < last:
        epoch, place = divmod(progress.update, per_epoch)
        if place == 0 or not len(order):
            order = np.random.default_rng([settings.seed, epoch]).permutation(len(tokens))
        rows = order[place * settings.batch_size : (place + 1) * settings.batch_size]
        loss, correct = _update(network, optimizer, tokens[rows], targets[rows])
        loss_sum += loss
        correct_sum += correct
        progress.update += 1
        bar.update()
        if progress.update % recipe.log.every == 0:
            row = {
                "update": progress.update,
                "epoch": round(progress.update / per_epoch, 6),
                "loss": round(loss_sum.item() / recipe.log.every, 6),
                "symbol_accuracy": round(correct_sum.item() / recipe.log.every, 6),
                "exact_match": _exact_match(network, *watched),
                "seconds": round(time.monotonic() - began, 1),
            }
            progress.rows.append(row)
            bar.set_postfix(
                loss=f"{row['loss']:.3f}",
                symbols=f"{row['symbol_accuracy']:.3f}",
                exact=f"{row['exact_match']:.3f}",
            )
            loss_sum.zero_()
            correct_sum.zero_()
        if progress.update % recipe.log.checkpoint == 0 or progress.update == last:
            progress.seconds = time.monotonic() - began
            run.save(network, optimizer, progress)
    bar.close()
    return network


def to_tensors(expressions: Expressions, network: Network, device: str) -> tuple[Tensor, Tensor]:
    """Encode expressions and answers as token ids, int64 ``[n, longest_input]`` and ``[n,
    longest_output]``."""
    alphabet = Alphabet(SYMBOLS)
    tokens, _ = alphabet.encode(expressions.texts(), network.longest_input)
    targets, _ = alphabet.encode(expressions.answers(), network.longest_output)
    return torch.tensor(tokens).long().to(device), torch.tensor(targets).long().to(device)


def _update(
    network: Network, optimizer: torch.optim.Optimizer, tokens: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor]:
    """Take one step down the cross-entropy over all output symbols, padding included."""
    logits = network(tokens)
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    correct = (logits.detach().argmax(-1) == targets).float().mean()
    return loss.detach(), correct


@torch.no_grad()
def _exact_match(network: Network, tokens: Tensor, targets: Tensor) -> float:
    return round((network(tokens).argmax(-1) == targets).all(dim=1).float().mean().item(), 6)
