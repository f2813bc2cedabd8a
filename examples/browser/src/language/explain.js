// The sentence that explains an error. The sentences come from the Python package; see tables.py.

import { advise } from "./advice.js";
import tables from "./tables.js";
import { characters } from "./tokenizer.js";
import { quoted } from "./unicode.js";

/** Errors that no character of the text causes. */
const NOWHERE = ["empty", "not_halted"];

/**
 * Return the error of a text as results show it.
 *
 * @param {string} code Stable name of the cause.
 * @param {string} text The text as it was given.
 * @param {number} position Index of the character that caused the error; for `too_long`, the
 *   longest length that the model reads.
 * @param {string} domain What the model accepts, in words.
 * @returns {{code: string, message: string, position: number | null}}
 */
export function explain(code, text, position, domain) {
  if (NOWHERE.includes(code)) return { code, message: tables.sentences[code], position: null };
  const symbols = characters(text);
  const notation = code === "unknown_symbol" || code === "malformed";
  const advice = notation ? advise(symbols, position) : "";
  const parts = {
    found: position < symbols.length ? quoted(symbols[position]) : "end of input",
    position,
    advice: advice && `: ${advice}`,
    domain,
  };
  const message = tables.sentences[code].replace(/\{(\w+)\}/g, (_, name) => parts[name]);
  return { code, message, position };
}

/** Return the error of an expression that needs more steps than were allowed. */
export const tooCostly = (steps) => ({
  code: "too_costly",
  message: `too costly: it needs more than ${steps.toLocaleString("en-US")} steps, which are the budget`,
  position: null,
});
