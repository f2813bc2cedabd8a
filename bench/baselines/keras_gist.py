"""The gist's own network as the gist's user would run it: Keras' ``predict``."""

from __future__ import annotations

import os

import numpy as np

from bench.baselines.baseline import Baseline, UnavailableError
from exprinfer.language.tokenizer import SYMBOLS, Alphabet
from exprinfer.runtime.model_file import find

STEPS = 20


class KerasGist(Baseline):
    """With the weights of the shipped ``gist``; a batch size of None is Keras' default, 32."""

    answers_like = "gist"

    def __init__(self, backend: str = "jax", batch_size: int | None = None) -> None:
        os.environ["KERAS_BACKEND"] = backend
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            import keras
            import onnx
        except ImportError as error:
            raise UnavailableError(f"{error.name} is not installed") from error
        if keras.backend.backend() != backend:
            raise UnavailableError(f"Keras runs on {keras.backend.backend()} in this process")
        self.batch_size = batch_size
        self.name = f"gist in Keras on {backend}, batch size {batch_size or '32, its default'}"
        self.expressions = 40_000 if batch_size else 20_000
        layers = keras.layers
        self.model = keras.Sequential(
            [
                keras.Input((STEPS, len(SYMBOLS))),
                layers.LSTM(250),
                layers.RepeatVector(STEPS),
                layers.LSTM(100, return_sequences=True),
                layers.TimeDistributed(layers.Dense(len(SYMBOLS), activation="softmax")),
            ]
        )
        file = onnx.load(find("gist"))
        found = [onnx.numpy_helper.to_array(weight) for weight in file.graph.initializer]
        self.model.set_weights(_keras_weights(found))
        self.alphabet = Alphabet(SYMBOLS)
        self.one_hot = np.eye(len(SYMBOLS), dtype=np.float32)

    def answer(self, texts: list[str]) -> list[str]:
        """One-hot, predict, argmax, as the gist does."""
        tokens, _ = self.alphabet.encode(texts, STEPS)
        shares = self.model.predict(self.one_hot[tokens], batch_size=self.batch_size, verbose=0)
        return self.alphabet.decode(shares.argmax(-1)).tolist()  # type: ignore[no-any-return]


#: The shapes of Keras' weights, in its order.
SHAPES = ((17, 1000), (250, 1000), (1000,), (250, 400), (100, 400), (400,), (100, 17), (17,))


def _keras_weights(found: list[np.ndarray]) -> list[np.ndarray]:
    """The file's weights as Keras has them: each of its own shape, or turned; gates alike."""
    weights = []
    for shape in SHAPES:
        turned = [weight.T for weight in found if weight.T.shape == shape]
        straight = [weight for weight in found if weight.shape == shape]
        weights.append(np.asarray((straight or turned)[0], np.float32))
    return weights
