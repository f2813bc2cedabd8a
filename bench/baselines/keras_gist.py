"""The gist's own network, run as its user would run it: with Keras' ``predict``."""

from __future__ import annotations

import os

import numpy as np

from bench.baselines.baseline import Baseline, UnavailableError, requirements
from exprinfer.language import tokenizer
from exprinfer.runtime.model_file import find

#: Symbols that the network reads and writes.
TIME = 20
#: The shapes of Keras' weights, in Keras' order.
SHAPES = ((17, 1000), (250, 1000), (1000,), (250, 400), (100, 400), (400,), (100, 17), (17,))


class KerasGist(Baseline):
    """The weights of the shipped ``gist``. A batch size of None means Keras' default, 32."""

    answers_like = "gist"

    def __init__(self, backend: str = "jax", batch_size: int | None = None) -> None:
        os.environ["KERAS_BACKEND"] = backend
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with requirements():
            import keras
            import onnx
        if keras.backend.backend() != backend:
            raise UnavailableError(f"Keras runs on {keras.backend.backend()} in this process")
        self.batch_size = batch_size
        size = f"{batch_size:,}" if batch_size else "32 (default)"
        self.name = f"gist in Keras on {backend}, batch size {size}"
        self.expressions = 40_000 if batch_size else 20_000
        layers = keras.layers
        symbols = len(tokenizer.SYMBOLS)
        self.model = keras.Sequential(
            [
                keras.Input((TIME, symbols)),
                layers.LSTM(250),
                layers.RepeatVector(TIME),
                layers.LSTM(100, return_sequences=True),
                layers.TimeDistributed(layers.Dense(symbols, activation="softmax")),
            ]
        )
        file = onnx.load(find("gist"))
        weights = [onnx.numpy_helper.to_array(weight) for weight in file.graph.initializer]
        self.model.set_weights(_keras_weights(weights))
        self.one_hot = np.eye(symbols, dtype=np.float32)

    def answer(self, texts: list[str]) -> list[str]:
        """Encode as one-hot vectors, predict and take the likeliest symbols, as the gist does."""
        tokens, _ = tokenizer.encode(texts, TIME)
        shares = self.model.predict(self.one_hot[tokens], batch_size=self.batch_size, verbose=0)
        return tokenizer.decode(shares.argmax(-1)).tolist()  # type: ignore[no-any-return]


def _keras_weights(from_file: list[np.ndarray]) -> list[np.ndarray]:
    """Return the file's weights in Keras' order; a weight's shape shows which one it is.

    The file has some of them transposed. The gates are in the same order.
    """
    weights = []
    for shape in SHAPES:
        transposed = [weight.T for weight in from_file if weight.T.shape == shape]
        straight = [weight for weight in from_file if weight.shape == shape]
        weights.append(np.asarray((straight or transposed)[0], np.float32))
    return weights
