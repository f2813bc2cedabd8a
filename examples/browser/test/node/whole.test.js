import assert from "node:assert/strict";
import { test } from "node:test";

import { Evaluator } from "../../src/evaluator.js";
import { exactValue } from "../../src/reference.js";
import { open } from "../models.js";
import { wholeExpressions } from "../whole_expressions.js";

const longhand = new Evaluator(["longhand"], open);

test("longhand is right on 1,000 whole expressions", async () => {
  const texts = wholeExpressions(1_000, 1);
  const results = await longhand.evaluateMany(texts);
  results.forEach((result, row) => {
    const value = exactValue(texts[row]);
    assert.equal(result.answer, value === null ? null : String(value), texts[row]);
    assert.equal(result.error?.code, value === null ? "division_by_zero" : undefined);
    assert.equal(result.certified, value !== null);
  });
});

test("an expression over its budget of steps gets an error", async () => {
  const frugal = new Evaluator(["longhand"], open, { maxSteps: 100 });
  const [cheap, costly] = await frugal.evaluateMany(["2*3", "123456*654321"]);
  assert.equal(cheap.answer, "6");
  assert.equal(
    costly.error.message,
    "too costly: it needs more than 100 steps, which are the budget",
  );
});

test("a model of the small domain says what it takes", async () => {
  const result = await new Evaluator(["exact"], open).evaluate("1+2+3");
  assert.equal(result.error.code, "outside_domain");
  assert.match(result.error.message, /at position 3: it takes a op b with a in -100\.\.99/);
});
