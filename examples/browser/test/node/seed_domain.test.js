import assert from "node:assert/strict";
import { test } from "node:test";

import { encode } from "../../src/language/tokenizer.js";
import { SEED, validate } from "../../src/language/validation.js";
import { exactValue } from "../../src/reference.js";
import {
  check,
  expressions,
  point,
  POINTS,
  sample,
  SIZE,
  valuesOf,
} from "../../src/seed_domain.js";
import { open } from "../models.js";

const all = Array.from({ length: POINTS }, (_, number) => number);

test("the domain has 475,200 different expressions, which the grammar knows", () => {
  assert.equal(SIZE, 475_200);
  const texts = new Set(all.flatMap(expressions));
  assert.equal(texts.size, SIZE);
  for (const text of texts) assert.equal(validate(encode(text)).domain, SEED, text);
});

test("a sample has one point in each block", () => {
  const blocks = sample(12)
    .map(point)
    .map(({ operator, a, b }) => [operator, a / 12, b / 12]);
  const names = blocks.map((block) => block.map(Math.floor).join());
  assert.equal(names.length, 4 * 17 * 17);
  assert.equal(new Set(names).size, names.length);
});

test("the right answers of the domain are the exact values", () => {
  for (const number of sample(5)) {
    const exact = expressions(number).map((text) => String(exactValue(text)));
    assert.deepEqual(valuesOf(number), exact);
  }
});

test("exact is right on all 475,200 expressions", async (t) => {
  let wrong = 0;
  const began = performance.now();
  for await (const batch of check(await open("exact"), all)) {
    wrong += batch.wrong.reduce((sum, count) => sum + count, 0);
  }
  const rate = SIZE / ((performance.now() - began) / 1000);
  t.diagnostic(`${SIZE - wrong} of ${SIZE} right, ${Math.round(rate)} expressions per second`);
  assert.equal(wrong, 0);
});

test("a check finds the wrong answers of gist", async () => {
  let [wrong, checked] = [0, 0];
  for await (const batch of check(await open("gist"), sample(20))) {
    wrong += batch.wrong.reduce((sum, count) => sum + count, 0);
    checked += 3 * batch.points.length;
  }
  // Its card says that 129,772 of the 475,200 are right, 27%.
  assert.ok(checked === 1_200 && wrong / checked > 0.65 && wrong / checked < 0.8);
});

test("exact values are those of whole-number arithmetic that truncates toward zero", () => {
  const known = { "-(-7/2)+4*5": 23n, "--5": 5n, "7/-2": -3n, "2*(3+4)": 14n, "9-5-1": 3n };
  for (const [text, value] of Object.entries(known)) assert.equal(exactValue(text), value);
  for (const text of ["", "1/0", "1+", "(1", "1)", "2(3)", "x"])
    assert.equal(exactValue(text), null);
});
