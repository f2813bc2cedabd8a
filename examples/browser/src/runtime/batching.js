// Cut rows into batches of similar cost; see exprinfer/runtime/batching.py.

import { SYMBOLS } from "../language/tokenizer.js";

/** Rows of one call. */
export const BATCH_SIZE = 1_024;
/** In a batch of at least MIN_ROWS rows, no row costs more than MAX_SPREAD times the cheapest. */
const [MAX_SPREAD, MIN_ROWS] = [2, 64];
/** Cells that the tapes of one batch may have. */
const MAX_CELLS = 1 << 21;
const [ZERO, NINE, PLUS, TIMES, OVER, CLOSE] = [..."09+*/)"].map((s) => SYMBOLS.indexOf(s));

/**
 * Cut rows into batches, the cheapest first.
 *
 * @param {Uint8Array[]} rows The token ids of each text.
 * @param {(ids: Uint8Array) => number} cost
 * @returns {Generator<number[]>} The row numbers of each batch.
 */
export function* batches(rows, cost) {
  const costs = rows.map(cost);
  const order = rows.map((_, row) => row).sort((a, b) => costs[a] - costs[b]);
  let batch = [];
  let widest = 0;
  for (const row of order) {
    const wider = Math.max(widest, rows[row].length);
    const full =
      batch.length === BATCH_SIZE ||
      (batch.length >= MIN_ROWS && costs[row] > MAX_SPREAD * costs[batch[0]]) ||
      (batch.length && 8 * wider * (batch.length + 1) > MAX_CELLS);
    if (full) yield batch;
    if (full) batch = [];
    batch.push(row);
    widest = full ? rows[row].length : wider;
  }
  if (batch.length) yield batch;
}

/**
 * Estimate how many steps a tape machine takes. No answer depends on it; it only decides which rows
 * share a batch.
 */
export function expectedSteps(ids) {
  let [steps, value, number, operator, afterValue] = [ids.length, 0, 0, PLUS, false];
  for (const symbol of [...ids, 0]) {
    const digit = symbol >= ZERO && symbol <= NINE;
    if (!digit && number) {
      const places = Math.max(value - number + 1, 0);
      if (operator === TIMES) steps += 3 * value * number + 3 * number;
      else if (operator === OVER) steps += 2 * value + places * (9 * number + 14);
      else steps += 2 * Math.max(value, number);
      if (operator === TIMES) value += number;
      else value = operator === OVER ? places : Math.max(value, number);
    }
    if (afterValue && "+-*/".includes(SYMBOLS[symbol])) operator = symbol;
    afterValue = digit || symbol === CLOSE;
    number = digit ? number + 1 : 0;
  }
  return steps;
}
