// The trace of one expression for people, as exprinfer/trace.py makes it.

import { SYMBOLS } from "./language/tokenizer.js";

const [INPUT, FIRST, SECOND, ANSWER] = [0, 1, 2, 3];

/**
 * @typedef {object} Step The machine before one of its steps, or at its end.
 * @property {string} state Name of the controller's state.
 * @property {string} operation What the step does to the numbers; "" if nothing.
 * @property {string} sign The sign that belongs to the operation.
 * @property {string[]} tapes Content of each tape, between the outermost cells ever used.
 * @property {number[]} heads Position of each head in that content; it may lie outside.
 * @property {boolean[]} looks Whether the next step looks at the symbol under each head.
 */

/**
 * Make the trace of a recording.
 *
 * @param {{name: string, operation: string, sign: string}[]} states What the file says about them.
 * @param {object[]} moments What `record` of runtime/tapes.js returns.
 * @returns {{steps: Step[], operations: {step: number, text: string, result: string,
 *   remaining: string}[]}}
 */
export function makeTrace(states, moments) {
  const infos = moments.map(({ state }) => states[state]);
  if (infos.some((info) => !info)) throw new RangeError("the machine is in an unknown state");
  const steps = readable(moments, infos);
  return { steps, operations: operations(steps) };
}

/** Turn ids into text, cut to the cells that are ever used. */
function readable(moments, infos) {
  const ranges = moments[0].tapes.map((_, tape) => usedRange(moments, tape));
  return moments.map(({ tapes, heads, looks }, row) => ({
    state: infos[row].name,
    operation: infos[row].operation,
    sign: infos[row].sign,
    tapes: tapes.map((ids, tape) =>
      Array.from(ids.subarray(...ranges[tape]), (id) => SYMBOLS[id]).join(""),
    ),
    heads: heads.map((head, tape) => head - ranges[tape][0]),
    looks,
  }));
}

/** Return the first cell of a tape that is ever written or looked at, and the one after the last. */
function usedRange(moments, tape) {
  let [first, last] = [Infinity, -Infinity];
  for (const { tapes, heads, looks } of moments) {
    const written = (id) => id !== 0;
    const begin = tapes[tape].findIndex(written);
    if (begin >= 0)
      [first, last] = [Math.min(first, begin), Math.max(last, tapes[tape].findLastIndex(written))];
    if (looks[tape]) [first, last] = [Math.min(first, heads[tape]), Math.max(last, heads[tape])];
  }
  return last < 0 ? [0, 1] : [first, last + 1];
}

/** Find where each operation begins, and its result. */
function operations(steps) {
  const found = [];
  let [text, result, before] = ["", "", ""];
  for (let number = 0; number + 1 < steps.length; number++) {
    const step = steps[number];
    const { operation } = step;
    if (operation === "result" && text) {
      if (before !== operation) result = value(step);
      if (steps[number + 1].operation !== "result") {
        // All brackets around it are closed.
        found.push({ step: number, text, result, remaining: remaining(step, value(step)) });
        text = "";
      }
    } else if (operation !== before && WRITTEN[operation]) {
      text = WRITTEN[operation](numberOn(step, FIRST), numberOn(step, SECOND), step.sign);
    }
    before = operation;
  }
  return found;
}

/** How an operation is written, from both numbers and the sign of its state. */
const WRITTEN = {
  add: (a, b, sign) => `${signed(a, sign)}${sign}${b}`,
  subtract: (a, b, sign) => `${signed(a, sign)}${sign === "+" ? "-" : "+"}${b}`,
  multiply: (a, b, sign) => `${a}*${signed(b, sign)}`,
  divide: (a, b, sign) => `${a}/${signed(b, sign)}`,
  add_zero: (a, _, sign) => `${signed(a, sign)}+0`,
  multiply_zero: (a) => `${a}*0`,
};

const signed = (digits, sign) => (sign === "-" && digits !== "0" ? `-${digits}` : digits);

/** Return the result that is complete before this step; the sign 0 stands for zero. */
const value = (step) => (step.sign === "0" ? "0" : signed(step.tapes[ANSWER].trim(), step.sign));

/** Return the number that ends under the head or left of it; no digits stand for zero. */
const numberOn = (step, tape) => /[0-9]*$/.exec(upToHead(step, tape).trimEnd())[0] || "0";

const upToHead = (step, tape) => step.tapes[tape].slice(0, Math.max(0, step.heads[tape] + 1));

/**
 * Return what is pending, the result, and the rest of the input.
 *
 * On the tape, each pending number has its operator behind it, and an open bracket whose value is
 * to change its sign is noted as a closed one.
 */
function remaining(step, result) {
  const pending = upToHead(step, FIRST)
    .trim()
    .replace(/([0-9]*)([-+*/])|[()]/g, (match, number, operator) => {
      if (match === "(") return "(";
      if (match === ")") return "-(";
      return operator === "-" ? `-${number || "0"}+` : `${number || "0"}${operator}`;
    });
  return `${pending}${result}${step.tapes[INPUT].slice(Math.max(0, step.heads[INPUT])).trim()}`;
}
