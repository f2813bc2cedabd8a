// The expressions of the seed domain in order, and a check of a model on all or some of them.

import tables from "./language/tables.js";
import { encode } from "./language/tokenizer.js";
import { batches } from "./runtime/batching.js";

export const OPERATORS = [..."+-*/"];
const [A, B] = [tables.operands.a, tables.operands.b];
export const A_VALUES = range(...A);
/** 0 is never a second operand. */
export const B_VALUES = range(...B).filter((b) => b !== 0);
export const FORMS = [(term) => term, (term) => `(${term})`, (term) => `-(${term})`];
/** Points of the maps: an operator, a and b. Each stands for three expressions. */
export const POINTS = OPERATORS.length * A_VALUES.length * B_VALUES.length;
export const SIZE = POINTS * FORMS.length;

/** Return the operator, and the indices of a and b in their ranges, of a point. */
export function point(number) {
  // a changes slowest, so that all four maps fill in from left to right.
  const b = number % B_VALUES.length;
  const rest = Math.floor(number / B_VALUES.length);
  return { operator: rest % OPERATORS.length, a: Math.floor(rest / OPERATORS.length), b };
}

/** Return the three expressions of a point. */
export function expressions(number) {
  const { operator, a, b } = point(number);
  const term = `${A_VALUES[a]}${OPERATORS[operator]}${B_VALUES[b]}`;
  return FORMS.map((form) => form(term));
}

/**
 * Return one point of each square block of a map, at a place in it that has no pattern.
 *
 * @param {number} side Length of the blocks.
 */
export function sample(side) {
  const chosen = [];
  const found = new Set();
  const step = 59_051; // shares no factor with POINTS, so the walk visits each point once
  for (let index = 0; index < POINTS; index++) {
    const number = (index * step) % POINTS;
    const { operator, a, b } = point(number);
    const block = `${operator} ${Math.floor(a / side)} ${Math.floor(b / side)}`;
    if (found.has(block)) continue;
    found.add(block);
    chosen.push(number);
  }
  return chosen.sort((first, second) => first - second);
}

/** Points that are put to a model together. */
const CHUNK = 1_200;

/**
 * Put points to a model.
 *
 * @param {import("./runtime/session.js").Session} session
 * @param {number[]} points
 * @param {number} chunk Points that are put to the model together.
 * @returns {AsyncGenerator<{points: number[], wrong: number[]}>} After each chunk its points, and
 *   how many of the three expressions of each are answered wrong.
 */
export async function* check(session, points, chunk = CHUNK) {
  for (let start = 0; start < points.length; start += chunk) {
    const part = points.slice(start, start + chunk);
    const rows = part.flatMap(expressions).map(encode);
    const values = part.flatMap(valuesOf);
    const wrong = part.map(() => 0);
    for (const batch of batches(rows, (ids) => ids.length)) {
      const { texts } = await session.answer(batch.map((row) => rows[row]));
      batch.forEach((row, at) => {
        if (texts[at] !== values[row]) wrong[Math.floor(row / FORMS.length)] += 1;
      });
    }
    yield { points: part, wrong };
  }
}

/** Return the right answers to the three expressions of a point. */
export function valuesOf(number) {
  const at = point(number);
  const [a, b] = [A_VALUES[at.a], B_VALUES[at.b]];
  const value = [a + b, a - b, a * b, Math.trunc(a / b)][at.operator];
  return [value, value, -value].map(String); // String(-0) is "0"
}

function range(low, high) {
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}
