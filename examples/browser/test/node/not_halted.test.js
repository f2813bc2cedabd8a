// An answer counts only if the machine has halted.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Evaluator } from "../../src/evaluator.js";
import tables from "../../src/language/tables.js";
import { record } from "../../src/runtime/tapes.js";
import { edited, openFile } from "../models.js";

const [QUICK, SLOW] = ["1+2", "987654321*123456789"];

/** Return an initializer of one int64 as an ONNX file holds it: its name, then its bytes. */
function initializer(name, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return Buffer.concat([Buffer.from(name), Buffer.from([(9 << 3) | 2, 8]), bytes]);
}

const changed = (name, from, to) => [initializer(name, from), initializer(name, to)];

/** longhand with a limit of 16 steps, held to be certified. */
async function cutOff() {
  const content = edited(
    "longhand",
    changed("PER_SQUARE", 14n, 0n),
    changed("PER_SYMBOL", 20n, 0n),
    changed("AT_LEAST", 20n, 16n),
  );
  const model = await openFile(content, "longhand");
  assert.equal(model.info.certifiedHere, 0);
  Object.assign(model.info, { certifiedDomain: 2, certifiedHere: 2 });
  return model;
}

const model = await cutOff();
const open = async () => model;

test("an answer that was cut off is an error and not certified", async () => {
  const evaluator = new Evaluator(["longhand"], open);
  const results = await evaluator.evaluateMany([QUICK, SLOW, "2*3", "1/0", SLOW]);
  assert.deepEqual([results[0].answer, results[0].certified], ["3", true]);
  assert.equal(results[3].error.code, "division_by_zero");
  for (const { answer, logProb, certified, error } of [results[1], results[4]]) {
    assert.deepEqual([answer, logProb, certified], [null, null, false]);
    const message = tables.sentences.not_halted;
    assert.deepEqual(error, { code: "not_halted", message, position: null });
    assert.match(message, /stopped before its answer was complete/);
  }
});

test("a budget that ends first is the error", async () => {
  const frugal = new Evaluator(["longhand"], open, { maxSteps: 8 });
  assert.equal((await frugal.evaluate(SLOW)).error.code, "too_costly");
  const generous = new Evaluator(["longhand"], open, { maxSteps: 10_000 });
  assert.equal((await generous.evaluate(SLOW)).error.code, "not_halted");
});

test("a run that was cut off has no trace", async () => {
  assert.ok((await record(model, QUICK)).length > 1);
  await assert.rejects(record(model, "99*-99"), /stopped before its answer was complete/);
});
