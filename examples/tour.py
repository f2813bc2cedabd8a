# %% [markdown]
# # A tour of exprinfer
# Open this file as cells in VS Code, PyCharm or Jupytext, or run all of it:
# `python examples/tour.py`

# %% Evaluate one expression
import exprinfer

evaluator = exprinfer.load()
prediction = evaluator.evaluate("-(66+-19)")
print(prediction.answer, prediction.value, f"{prediction.probability:.4f}")

# %% See which model answered, and whether the answer is certified
for text in ("-(66+-19)", "123456789*-987654321"):
    found = evaluator.evaluate(text)
    print(f"{text} = {found.answer}: {found.model}, {'' if found.certified else 'not '}certified")

# %% Handle errors: evaluate raises, evaluate_many returns
try:
    evaluator.evaluate("1/0")
except ZeroDivisionError as error:
    print(error)
for found in evaluator.evaluate_many(["5+3", "5+x", ""]):
    print(repr(found.expression), found.error.code if found.error else found.value)

# %% See the working on the tapes
print(evaluator.trace("120-7"))

# %% Evaluate many expressions as arrays, without an object per row
result = evaluator.evaluate_batch([f"{a}*{b}" for a in range(100) for b in range(1, 100)])
print(
    len(result), "answers,", int(result.certified.sum()), "certified, the last", result.answers[-1]
)

# %% Use Arrow, and with it pandas and Polars; a null stays a null
from exprinfer.arrow import evaluate_arrow  # noqa: E402

print(evaluate_arrow(evaluator, ["5+3", None, "2/7"]).select(["answer", "value"]).to_pylist())

# %% Answer many small requests in batches
import asyncio  # noqa: E402

from exprinfer.aio import MicroBatcher  # noqa: E402


async def ask() -> list[exprinfer.Prediction]:
    async with MicroBatcher(evaluator) as batcher:
        return await asyncio.gather(*(batcher.evaluate(f"{n}+{n}") for n in range(99)))


# In a notebook, write: await ask()
print(sum(found.value or 0 for found in asyncio.run(ask())))

# %% List the shipped models
for model in exprinfer.list_models():
    print(f"{model.name}: {model.right:,} of {model.checked:,} correct")
evaluator.close()
