// Compare the page's results with what the package says; see tests/browser/expectations.py.

import names from "../src/language/names.js";

/**
 * The largest difference of two log-probabilities. `exact` rounds to 8 bits on its way, and the sums
 * before it differ in the last digit, so a rounding may fall the other way.
 */
const ROUNDING = 0.02;

/** Return what differs between a result and its expectation, or null. */
export function difference(result, expected) {
  const found = {
    answer: result.answer,
    certified: result.certified,
    model: result.model,
    error: result.error?.code ?? null,
    position: result.error?.position ?? null,
    message: result.error?.message ?? null,
    read_as: result.readAs,
  };
  const wanted = { ...expected, message: withoutName(expected.message, result) };
  const different = Object.keys(found).find((key) => found[key] !== wanted[key]);
  if (different) {
    const [ours, theirs] = [found[different], wanted[different]].map((v) => JSON.stringify(v));
    return `${JSON.stringify(expected.expression)}: ${different} is ${ours}, not ${theirs}`;
  }
  const far = Math.abs(result.logProb - expected.log_prob) > ROUNDING;
  return far ? `${expected.expression}: log_prob is ${result.logProb}` : null;
}

/** Drop the name of a character from a message if the page does not know that name. */
function withoutName(message, { expression, error }) {
  const symbol = Array.from(expression)[error?.position ?? -1] ?? "";
  return symbol in names || !message
    ? message
    : message.replace(/( it is U\+[0-9A-F]+) [^:]+/, "$1");
}
