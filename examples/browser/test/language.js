// Compare how the page reads texts with what the package says, without running a model.
//
//     node test/language.js EXPECTATIONS [--normalize]
//
// It needs no installed packages, so the tests of the Python package run it too.

import { readFileSync } from "node:fs";

import { Evaluator } from "../src/evaluator.js";
import { difference } from "./compare.js";

/** Stand in for the models: as much of them as decides which one answers. */
const certified = (domain) => ({
  domain,
  certifiedDomain: domain,
  certifiedHere: domain,
  tapes: [],
});
const INFO = {
  exact: { name: "exact", longestInput: 11, ...certified(1) },
  longhand: { name: "longhand", longestInput: 2_048, ...certified(2) },
};
const open = async (name) => ({
  info: INFO[name],
  answer: async (rows) => ({ texts: rows.map(() => ""), logProbs: rows.map(() => 0) }),
});

const [path, option] = process.argv.slice(2);
const expected = readFileSync(path, "utf8").trimEnd().split("\n").map(JSON.parse);
const evaluator = new Evaluator(Object.keys(INFO), open, { normalize: option === "--normalize" });
const results = await evaluator.evaluateMany(expected.map((row) => row.expression));
let errors = 0;
results.forEach((result, row) => {
  const { code } = result.error ?? {};
  errors += code ? 1 : 0;
  // Without a model there is no answer, and no division by zero that only computing shows.
  const computed = { answer: expected[row].answer, logProb: expected[row].log_prob };
  const zero = expected[row].error === "division_by_zero" && !code;
  const found = zero ? null : difference(code ? result : { ...result, ...computed }, expected[row]);
  if (found) throw new Error(found);
});
console.log(`${results.length} texts, ${errors} of them with an error: all as the package says`);
