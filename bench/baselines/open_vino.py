"""The shipped weights in OpenVINO, converted from the PyTorch module."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.baselines.baseline import requirements
from bench.baselines.grouped import Grouped


class OpenVino(Grouped):
    """Compiled for throughput. OpenVINO chooses its threads and precision."""

    name = "OpenVINO"

    def __init__(self) -> None:
        with requirements():
            import openvino
            import torch

            from bench.baselines.weights import Exact
        network = Exact().eval()
        self.group = network.group
        # The steps of the encoder are written out, so each number of groups has a model.
        self.compiled = {}
        for groups in range(1, network.most_groups + 1):
            width = groups * network.group
            example = torch.ones(4, width, dtype=torch.int64)
            model = openvino.convert_model(network, example_input=example, input=[-1, width])
            settings = {"PERFORMANCE_HINT": "THROUGHPUT"}
            self.compiled[width] = openvino.compile_model(model, "CPU", settings)

    def run(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Answer a batch."""
        return np.asarray(self.compiled[tokens.shape[1]]([np.ascontiguousarray(tokens)])[0])
