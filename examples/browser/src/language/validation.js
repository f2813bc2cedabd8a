// Decide whether a text is an expression, in which domain, and what is wrong with it.
//
// The automata come from the Python package; see tables.py.

import tables from "./tables.js";
import { SYMBOLS, UNKNOWN } from "./tokenizer.js";

export const [NONE, SEED, WHOLE] = tables.domains.map((_, number) => number);

const { next: SEED_NEXT, complete: SEED_COMPLETE } = tables.seed;
const { next: NEXT, states: STATES } = tables.grammar;
const [DEAD, VALUE, NUMBER, ZEROS, END] = ["DEAD", "VALUE", "NUMBER", "ZEROS", "END"].map((name) =>
  STATES.indexOf(name),
);
const [SLASH, OPEN, CLOSE] = [..."/()"].map((symbol) => SYMBOLS.indexOf(symbol));
/** The column of the tables for characters that are not symbols. */
const OTHER = SYMBOLS.length;

/**
 * Check the token ids of one text.
 *
 * @param {Uint8Array} ids One for each character.
 * @param {number} longest Longest length that a model reads. A longer text is judged by its first
 *   symbols; if they are fine, the error is that it is too long.
 * @returns {{domain: number, error: string | null, position: number}} The smallest domain that
 *   contains the text, or the code of its error; and where the error is, or else where the text
 *   leaves the seed domain.
 */
export function validate(ids, longest = Infinity) {
  const leaves = readSeed(ids);
  if (leaves === null) return { domain: SEED, error: null, position: ids.length };
  const { error, position } = findError(ids, longest);
  return error
    ? { domain: NONE, error, position }
    : { domain: WHOLE, error: null, position: leaves };
}

/** Return null if the text is in the seed domain, or else where it leaves the domain. */
function readSeed(ids) {
  let state = 1;
  for (let at = 0; at < ids.length; at++) {
    state = SEED_NEXT[state][Math.min(ids[at], OTHER)];
    if (state === DEAD) return at;
  }
  return ids.length > 0 && SEED_COMPLETE.includes(state) ? null : ids.length;
}

function findError(ids, longest) {
  if (!ids.length) return { error: "empty", position: -1 };
  const time = Math.min(ids.length, longest);
  let state = VALUE;
  let open = 0; // brackets
  let slashAt = -1;
  let zeroAt = -1; // the first division by a plain zero
  for (let at = 0; at <= time; at++) {
    const symbol = at < time ? Math.min(ids[at], OTHER) : 0;
    let reached = NEXT[state][symbol];
    if (symbol === CLOSE && open === 0) reached = DEAD;
    if (reached === END && open > 0) reached = DEAD;
    if (at === time && ids.length > time) return { error: "too_long", position: time };
    if (reached === DEAD) {
      const unknown = at < ids.length && ids[at] === UNKNOWN;
      return { error: unknown ? "unknown_symbol" : "malformed", position: at };
    }
    const byZero = state === ZEROS && reached !== ZEROS && reached !== NUMBER;
    if (byZero && zeroAt < 0) zeroAt = slashAt + 1;
    if (symbol === SLASH) slashAt = at;
    open += Number(symbol === OPEN) - Number(symbol === CLOSE);
    state = reached;
  }
  return zeroAt < 0
    ? { error: null, position: 0 }
    : { error: "division_by_zero", position: zeroAt };
}
