// Say what a person can do about an error, as exprinfer/language/advice.py does.

import { normalize } from "./normalization.js";
import tables from "./tables.js";
import { decimal, isAscii, isDigit, isLetter, isSpace, unicodeName } from "./unicode.js";

const NORMALIZE = "or use normalize=True (--normalize)";

/**
 * Return what to do about the symbol at which an expression goes wrong, or "".
 *
 * @param {string[]} text The characters of the expression.
 * @param {number} position Index of the character that is not expected, or their number if the end
 *   is not expected.
 */
export function advise(text, position) {
  if (position >= text.length) return atTheEnd(text);
  const symbol = text[position];
  const before = text.slice(0, position);
  const after = text.slice(position + 1);
  if (isSpace(symbol) || tables.invisible.includes(symbol)) return blank(before, after);
  if (!isAscii(symbol)) return beyondAscii(symbol);
  if (".,".includes(symbol)) return separator(text, symbol, before, after);
  if ("_'".includes(symbol) && normalize(text.join(""))) {
    return `remove the separator, ${NORMALIZE}`;
  }
  if (isLetter(symbol)) return letter(symbol, before, after);
  return tables.unsupported[symbol] ?? misplaced(symbol, before);
}

/** Return the last character, or "". */
const last = (text) => text.at(-1) ?? "";

function atTheEnd(text) {
  const count = (symbol) => text.filter((character) => character === symbol).length;
  const pending = count("(") - count(")");
  if (isDigit(last(text)) || last(text) === ")") {
    return `${pending} bracket${pending > 1 ? "s are" : " is"} not closed`;
  }
  return "a number is missing";
}

function blank(before, after) {
  const next = after.find((character) => !isSpace(character)) ?? "";
  if (isDigit(last(before)) && isDigit(next)) {
    return "a blank between two digits may mean two things: remove it, or write an operator";
  }
  return `blanks are not allowed here: remove them, ${NORMALIZE}`;
}

function beyondAscii(symbol) {
  if (tables.superscripts.includes(symbol)) return "powers are not supported";
  const code = symbol.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  const name = `it is U+${code} ${unicodeName(symbol)}`.trimEnd();
  const same = tables.sameAs[symbol] ?? decimal(symbol);
  return same === null ? name : `${name}: write '${same}', ${NORMALIZE}`;
}

function separator(text, symbol, before, after) {
  const read = normalize(text.join(""));
  if (read && !/[.,]/.test(read.text)) return `remove the thousands separators, ${NORMALIZE}`;
  const digits = after.slice(0, 3);
  const grouped = symbol === "," && isDigit(last(before)) && digits.length === 3;
  return grouped && digits.every(isDigit)
    ? "decimals are not supported; if it separates thousands, remove it"
    : "decimals are not supported";
}

function letter(symbol, before, after) {
  const inside = isDigit(last(before)) && isDigit(after[0] ?? "");
  const times = "xX".includes(symbol);
  if (times && before.join("") === "0") return "hexadecimal numbers are not supported";
  if (times && inside) return `write * for a product, ${NORMALIZE}`;
  if ("eE".includes(symbol) && inside) {
    return "numbers such as 1e5 are not supported: write the digits";
  }
  return "names, words and functions are not supported";
}

/** Return advice about one of the expression's own symbols in the wrong place. */
function misplaced(symbol, before) {
  const previous = last(before);
  if (symbol === "(" || (isDigit(symbol) && previous === ")")) return "a product needs its *";
  if (symbol === ")" && (isDigit(previous) || previous === ")")) return "no bracket is open";
  if (symbol === "*" && previous === "*") return "powers are not supported";
  if (symbol === "/" && previous === "/") {
    return "write one / for a division; it truncates toward zero";
  }
  if (symbol === "+" && (!before.length || previous === "(")) {
    return `remove the plus sign, ${NORMALIZE}`;
  }
  return "a number is missing";
}
