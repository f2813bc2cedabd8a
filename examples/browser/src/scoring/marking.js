// Mark given answers and the model's answers, as exprinfer/scoring/marking.py does.

import { normalize } from "../language/normalization.js";
import { exactValue } from "../reference.js";

/** A decimal number, perhaps with a fraction. */
const NUMBER = /^([-+]?)(?=\.?[0-9])0*([0-9]*)(?:\.([0-9]*))?$/;

/**
 * Return the marks of one result.
 *
 * @param {import("../evaluator.js").Result} result
 * @param {string | null} given The given answer.
 * @param {boolean} normalized Whether given answers in other notations are read too.
 * @returns {{given_right: boolean | null, right: boolean | null,
 *   given_unreadable: boolean | null}}
 */
export function mark(result, given, normalized) {
  if (given === null) return { given_right: null, right: null, given_unreadable: null };
  const number = readNumber(given, normalized);
  const unreadable = { given_right: null, right: null, given_unreadable: number === null };
  if (result.error && result.error.code !== "outside_domain") return unreadable;
  const exact = exactValue(result.readAs ?? result.expression);
  if (exact === null) return unreadable;
  return {
    ...unreadable,
    given_right: number === null ? null : number === String(exact),
    right: result.answer === null ? null : result.answer === String(exact),
  };
}

/** Return a number without needless symbols, such as 7 for +7, 007 and 7.0; null for other text. */
function readNumber(given, normalized) {
  const rewritten = () => (normalized ? normalize(given)?.text : undefined);
  const match = NUMBER.exec(given) ?? NUMBER.exec(rewritten() ?? "");
  if (!match) return null;
  const digits = match[2] || "0";
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  const sign = match[1] === "-" && (digits !== "0" || fraction) ? "-" : "";
  return fraction ? `${sign}${digits}.${fraction}` : `${sign}${digits}`;
}
