import assert from "node:assert/strict";
import { test } from "node:test";

import { record } from "../../src/runtime/tapes.js";
import { makeTrace } from "../../src/trace.js";
import { open } from "../models.js";
import { pythonLines } from "../python.js";

const EXPRESSIONS = [
  "25*-34", "2*(3+4)", "12+3*(4-567)", "-(-7/2)+4*5", "0*5", "5-5", "-(3-3)", "100/7", "7",
  "--5+0", "((1-2)*-(3+4))/5", "-(-(2))", "99*99-9801/3",
]; // prettier-ignore

const PROGRAM = `
import json, sys
import exprinfer
evaluator = exprinfer.load("longhand", device="cpu")
for text in sys.argv[1:]:
    trace = evaluator.trace(text)
    steps = [[s.state, s.tapes, s.heads, s.looks] for s in trace.steps]
    operations = [[o.step, o.text, o.result, o.remaining] for o in trace.operations]
    print(json.dumps({"steps": steps, "operations": operations}))
`;

test("traces are those of the Python package, step by step", async () => {
  const model = await open("longhand");
  const expected = pythonLines("-c", PROGRAM, ...EXPRESSIONS);
  for (const [index, text] of EXPRESSIONS.entries()) {
    const trace = makeTrace(model.info.states, await record(model, text));
    const steps = trace.steps.map(({ state, tapes, heads, looks }) => [state, tapes, heads, looks]);
    const operations = trace.operations.map((op) => [op.step, op.text, op.result, op.remaining]);
    assert.deepEqual({ steps, operations }, expected[index], text);
  }
});

test("a trace that is too long is refused", async () => {
  const model = await open("longhand");
  const long = `${"9".repeat(40)}*${"9".repeat(40)}`;
  await assert.rejects(record(model, long), /the trace is too long: [0-9,]+ steps, at most 2,000/);
});
