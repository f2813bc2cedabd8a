// The page answers, certifies and explains as the Python package does.
//
// AGREEMENT_TEXTS sets the number of texts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Evaluator } from "../../src/evaluator.js";
import tables from "../../src/language/tables.js";
import { difference } from "../compare.js";
import { open } from "../models.js";
import { pythonLines } from "../python.js";

const TEXTS = Number(process.env.AGREEMENT_TEXTS ?? 100_000);
const BLOCK = 8_192;

for (const [what, normalize, seed] of [
  ["as they are", false, 1],
  ["in other notations too", true, 2],
]) {
  test(`JavaScript and Python agree on ${TEXTS} texts, read ${what}`, async (t) => {
    const options = normalize ? ["--normalize"] : [];
    const expected = pythonLines("-m", "tests.browser.expectations", TEXTS, seed, ...options);
    assert.equal(expected.length, TEXTS);
    const evaluator = new Evaluator(tables.defaultModels, open, { normalize });
    const counts = { answered: 0, certified: 0 };
    for (let start = 0; start < TEXTS; start += BLOCK) {
      const block = expected.slice(start, start + BLOCK);
      const results = await evaluator.evaluateMany(block.map((row) => row.expression));
      results.forEach((result, row) => {
        assert.equal(difference(result, block[row]), null);
        const outcome = result.error?.code ?? "answered";
        counts[outcome] = (counts[outcome] ?? 0) + 1;
        counts.certified += result.certified;
      });
    }
    assert.ok(counts.answered > TEXTS / 3 && counts.answered < TEXTS);
    t.diagnostic(JSON.stringify(counts));
  });
}
