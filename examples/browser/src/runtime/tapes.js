// Models that work on tapes; see exprinfer/runtime/tapes.py.

import tables from "../language/tables.js";
import { decode, encode, SYMBOLS } from "../language/tokenizer.js";
import { ModelFileError } from "./checksum.js";
import { UNLIMITED } from "./session.js";

/** What such a model writes as its answer if it found a division by zero. */
export const DIVIDED_BY_ZERO = "/";
/** Longest recording, as in the Python package. */
export const MAX_TRACE_STEPS = 2_000;

const OUTPUTS = ["steps", "state", "tapes", "heads", "looks"];
/** Steps that are computed in one call. */
const BATCH = 256;
const [OVER, OPEN, CLOSE] = [..."/()"].map((symbol) => SYMBOLS.indexOf(symbol));

/**
 * Return the machine before each step of one expression, and at its end.
 *
 * The graph returns only where it stops, so the expression is computed once for each step, many
 * copies at the same time.
 *
 * @param {import("./session.js").Session} session
 * @param {string} expression
 * @param {(done: number, all: number) => void} onProgress
 * @returns {Promise<{state: number, tapes: Uint8Array[], heads: number[], looks: boolean[]}[]>}
 */
export async function record(session, expression, onProgress = () => {}) {
  const ids = encode(expression);
  const whole = await session.fetch([ids], [UNLIMITED], ["answer", "steps"]);
  const last = Number(whole.steps.data[0]);
  if (last > MAX_TRACE_STEPS) {
    const [steps, most] = [last, MAX_TRACE_STEPS].map((n) => n.toLocaleString("en-US"));
    throw new RangeError(`the trace is too long: ${steps} steps, at most ${most} are shown`);
  }
  if (!decode(whole.answer.data)) throw new Error(tables.sentences.not_halted);
  const moments = [];
  for (let start = 0; start <= last; start += BATCH) {
    const size = Math.min(BATCH, last + 1 - start);
    const limits = Array.from({ length: size }, (_, at) => BigInt(start + at));
    const outputs = await session.fetch(Array(size).fill(ids), limits, OUTPUTS);
    for (let row = 0; row < size; row++) moments.push(moment(outputs, row));
    onProgress(moments.length, last + 1);
  }
  return moments;
}

/** Return one row of the outputs. */
function moment({ state, tapes, heads, looks }, row) {
  const [, count, cells] = tapes.dims;
  const each = Array.from({ length: count }, (_, tape) => row * count + tape);
  return {
    state: Number(state.data[row]),
    tapes: each.map((at) => Uint8Array.from(tapes.data.subarray(at * cells, (at + 1) * cells))),
    heads: each.map((at) => Number(heads.data[at])),
    looks: each.map((at) => Boolean(looks.data[at])),
  };
}

/**
 * Return where the divisor starts that the model found to be zero, for each row.
 *
 * The head on the input stops right after that divisor.
 */
export async function zeroDivisors(session, rows) {
  const { tapes, heads } = await session.fetch(rows, [UNLIMITED], ["tapes", "heads"]);
  const [, count, cells] = tapes.dims;
  return rows.map((ids, row) => {
    const end = Number(heads.data[row * count]) - Math.floor(cells / 2);
    return divisorStart(ids, end, session.info.name);
  });
}

/** Return where the divisor starts, with its minuses, that ends before `end`. */
function divisorStart(ids, end, name) {
  let closed = 0;
  for (let at = end - 1; at >= 0; at--) {
    if (!closed && ids[at] === OVER) return at + 1;
    closed += Number(ids[at] === CLOSE) - Number(ids[at] === OPEN);
  }
  throw new ModelFileError(`${name} reports a division by zero for a text without a division`);
}
