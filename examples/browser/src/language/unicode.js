// What Python's string methods say about characters.

import names from "./names.js";
import tables from "./tables.js";

const DECIMAL = /^\p{Nd}$/u;
const SPACES = new Set(tables.spaces);
const OTHER_DIGITS = new Set(tables.otherDigits);

export const isAscii = (character) => character.codePointAt(0) < 128;

export const isSpace = (character) => SPACES.has(character);

export const isLetter = (character) => /^[A-Za-z]$/.test(character);

/** Return whether a character is a digit, as `str.isdigit` does; "" is none. */
export const isDigit = (character) => DECIMAL.test(character) || OTHER_DIGITS.has(character);

/**
 * Return the value of a decimal digit of any script, or null.
 *
 * Such digits stand in blocks of ten, or of several times ten.
 */
export function decimal(character) {
  if (!DECIMAL.test(character)) return null;
  const code = character.codePointAt(0);
  let first = code;
  while (DECIMAL.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}

/** Return the Unicode name of a character, or "" if names.js does not have it. */
export const unicodeName = (character) => names[character] ?? "";

/** Return how Python's `ascii` shows a character. */
export function quoted(character) {
  if (character === "'") return `"'"`;
  const escapes = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  if (escapes[character]) return `'${escapes[character]}'`;
  const code = character.codePointAt(0);
  if (code >= 32 && code < 127) return `'${character}'`;
  const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `'\\${letter}${code.toString(16).padStart(width, "0")}'`;
}
