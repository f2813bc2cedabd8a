"""Write a fitted encoder-decoder as ONNX files, if they answer as the network does."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from tqdm import tqdm

from exprinfer.language.operands import DEFAULT_OPERANDS, Operands
from exprinfer.language.tokenizer import SYMBOLS, encode
from exprinfer.runtime.model_info import FORMAT_VERSION
from exprinfer.runtime.session import Session
from training import networks
from training.expressions import domain_parts, domain_size
from training.model_file import write_model
from training.networks import Network
from training.recipe import Recipe, chain
from training.run import LOG, RECORD, Run

OPSET = 20
#: Rows of one call while PyTorch and ONNX Runtime are compared.
CHUNK_ROWS = 1_024


class ExportError(ValueError):
    """The exported file does not answer as the network does."""


class Decoder(nn.Module):
    """The network with greedy decoding in place of teacher forcing."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the ONNX file returns."""
        return self.network.decode(tokens)


def export(recipe: Recipe, runs: Path, models: Path) -> Path:
    """Write the ONNX files of a run, and copy its log and record.

    Writes ``models/NAME/model.onnx``, and ``cuda.onnx`` if the network has a graph for CUDA.

    Args:
        recipe: The recipe.
        runs: Folder of the runs.
        models: Folder of the models.

    Returns:
        Path of ``model.onnx``.

    Raises:
        FileNotFoundError: If there is no run of the recipe.
        ValueError: If the run, or the one that it started from, was made with another recipe.
        ExportError: If PyTorch and ONNX Runtime disagree on any answer of the seed domain; then
            nothing is written.
    """
    network = networks.build(recipe.model, recipe.data.ranges)
    for step in chain(recipe):
        Run(runs / step.name, step).progress()
    Run(runs / recipe.name, recipe).load_weights(network)
    folder = models / recipe.model.name
    folder.mkdir(parents=True, exist_ok=True)
    graphs = {"model.onnx": network.graph() or _traced(network), "cuda.onnx": network.cuda_graph()}
    partials = {name: folder / f"{name}.partial" for name, graph in graphs.items() if graph}
    described = metadata(network, recipe, network.longest_input, network.longest_output)
    try:
        for name, partial in partials.items():
            onnx.checker.check_model(graphs[name], full_check=True)
            write_model(partial, graphs[name], described)
        sessions = [Session(partial, "cpu") for partial in partials.values()]
        compare(network, sessions, recipe.data.ranges)
        for name, partial in partials.items():
            partial.replace(folder / name)
    finally:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
    copy_logs(recipe, runs, folder)
    return folder / "model.onnx"


def copy_logs(recipe: Recipe, runs: Path, folder: Path) -> None:
    """Copy the logs and records of the runs that led to the recipe's weights."""
    for step in chain(recipe):
        for name in (LOG, RECORD):
            copy = folder / f"{step.name}{Path(name).suffix}"
            shutil.copyfile(runs / step.name / name, copy)


def _traced(network: Network) -> onnx.ModelProto:
    example = torch.ones(2, network.longest_input, dtype=torch.int64)
    batch, time = torch.export.Dim("batch"), torch.export.Dim("time", max=network.longest_input)
    program = torch.onnx.export(
        Decoder(network).eval(),
        (example,),
        input_names=["tokens"],
        output_names=["answer", "log_prob"],
        dynamic_shapes=({0: batch, 1: time},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:
        node.ClearField("metadata_props")  # the exporter's stack traces
        node.ClearField("doc_string")
    return model


def metadata(
    network: nn.Module, recipe: Recipe, longest_input: int, longest_output: int
) -> dict[str, str]:
    """Return the metadata of a file before it is certified; see ``exprinfer.ModelInfo``."""
    described = {
        "format_version": FORMAT_VERSION,
        "name": recipe.model.name,
        "version": recipe.model.version,
        "symbols": SYMBOLS,
        "longest_input": str(longest_input),
        "longest_output": str(longest_output),
        "domain": recipe.model.domain,
        "checked": "0",
        "right": "0",
        "exact_match": "",
        "recipe": json.dumps(recipe.as_dict()),
        "weights_sha256": fingerprint(network),
    }
    operands = recipe.data.ranges
    if operands != DEFAULT_OPERANDS:
        described["operands"] = json.dumps({"a": operands.a, "b": operands.b})
    return described


def fingerprint(network: nn.Module) -> str:
    """Return the SHA-256 of the names and the little-endian float32 bytes of all weights."""
    digest = hashlib.sha256()
    for name, weight in network.state_dict().items():
        digest.update(name.encode())
        digest.update(weight.cpu().numpy().astype("<f4").tobytes())
    return digest.hexdigest()


@torch.no_grad()
def compare(
    network: Network, sessions: list[Session], operands: Operands = DEFAULT_OPERANDS
) -> None:
    """Check that all sessions answer every expression of the seed domain as the network does.

    Raises:
        ExportError: If one does not; the message names the first expression.
    """
    parts = -(-domain_size(operands) // CHUNK_ROWS)
    for part in tqdm(
        domain_parts(operands, CHUNK_ROWS), desc="PyTorch = ONNX Runtime", total=parts
    ):
        texts = part.texts()
        tokens, _ = encode(texts, network.longest_input)
        expected = network.decode(torch.from_numpy(tokens).long())[0].numpy()
        for session in sessions:
            differs = np.flatnonzero((session.run(tokens)[0] != expected).any(axis=1))
            if len(differs):
                raise ExportError(f"PyTorch and ONNX Runtime disagree on {texts[int(differs[0])]}")
