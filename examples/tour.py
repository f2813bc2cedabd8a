# %% [markdown]
# # A tour of exprinfer
# Cells as VS Code, Jupytext and PyCharm know them; or run it all: `python examples/tour.py`

# %% One expression
import exprinfer

evaluator = exprinfer.load()
prediction = evaluator.evaluate("-(66+-19)")
print(prediction.answer, prediction.value, f"{prediction.probability:.6f}")

# %% Certified: verified on the whole domain that the expression belongs to. Who answered?
for text in ("-(66+-19)", "123456789*-987654321"):
    found = evaluator.evaluate(text)
    print(f"{text} = {found.answer}: {found.model}, {'' if found.certified else 'not '}certified")

# %% What is no expression says why: alone by an exception, among many by an error
try:
    evaluator.evaluate("1/0")
except ZeroDivisionError as error:
    print(error)
for found in evaluator.evaluate_many(["5+3", "5+x", ""]):
    print(repr(found.expression), found.error.code if found.error else found.value)

# %% How the network works: on tapes, as people do on paper
print(evaluator.trace("120-7"))

# %% Many at once: arrays, without an object a row
column = evaluator.evaluate_batch([f"{a}*{b}" for a in range(100) for b in range(1, 100)])
print(
    len(column), "answers,", int(column.certified.sum()), "certified, the last", column.answers[-1]
)

# %% The same as Arrow, and so from and to pandas and Polars; a null stays a null
from exprinfer.arrow import evaluate_arrow  # noqa: E402

print(evaluate_arrow(evaluator, ["5+3", None, "2/7"]).select(["answer", "value"]).to_pylist())

# %% Many small requests at the same time are answered in batches
import asyncio  # noqa: E402

from exprinfer.aio import MicroBatcher  # noqa: E402


async def ask() -> list[exprinfer.Prediction]:
    async with MicroBatcher(evaluator) as batcher:
        return await asyncio.gather(*(batcher.evaluate(f"{n}+{n}") for n in range(99)))


# In a notebook: await ask()
print(sum(found.value or 0 for found in asyncio.run(ask())))

# %% What is shipped, and how far it can be trusted
for model in exprinfer.list_models():
    print(f"{model.name}: {model.right:,} of {model.checked:,} right")
evaluator.close()
