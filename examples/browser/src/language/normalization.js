// Rewrite other notations in plain symbols, as exprinfer/language/normalization.py does.

import tables from "./tables.js";
import { characters } from "./tokenizer.js";
import { decimal, isAscii } from "./unicode.js";

const THIN = "\\u00a0\\u2009\\u202f";
const escaped = (text) =>
  Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
/** Python's \s; that of JavaScript differs in a few characters. */
const SPACE = escaped(tables.spaces);
const BLANK = SPACE + escaped(tables.invisible);

const PLAIN = /^(?!\+)(?:[0-9*/)+-]|\((?!\+))*$/;
/** A number in groups of three digits; a comma or a dot needs two groups to be no decimal point. */
const GROUPED = new RegExp(
  `(?<![0-9.,'’_])(?<![0-9][${THIN}])[0-9]{1,3}` +
    `(?:(['’_${THIN}])[0-9]{3}(?:\\1[0-9]{3})*|([.,])[0-9]{3}(?:\\2[0-9]{3})+)` +
    `(?![0-9.,'’_])(?![${THIN}][0-9])`,
  "g",
);
const HEXADECIMAL = /(?<![0-9])0[xX](?=[0-9a-fA-F])/g;
const BLANKS = new RegExp(`(?<![0-9${BLANK}])[${BLANK}]+|[${BLANK}]+(?![0-9${BLANK}])`, "dg");
const SPACED_TIMES = new RegExp(`(?<=[0-9)])[${BLANK}]+([xX])[${BLANK}]+(?=[0-9(])`, "dg");
const TIMES = /(?<=[0-9])[xX](?=[0-9])/dg;
const OVER = /(?<=[0-9)]):(?=[0-9(-])/dg;
const LEADING_PLUS = /(?:^|(?<=\())\+(?=[0-9(])/dg;

/**
 * Rewrite a text in plain symbols.
 *
 * @param {string} text The text as somebody wrote it.
 * @returns {{text: string, positions: number[]} | null} The rewritten text, with the original
 *   position of each of its characters and of its end; null if there is nothing to change.
 */
export function normalize(text) {
  if (PLAIN.test(text)) return null;
  const written = characters(text).map(plainCharacter);
  const rewriting = new Rewriting(written);
  const shadow = rewriting.shadow;
  // 0x10 is a hexadecimal number for many people, never zero times ten.
  const hexadecimal = new Set(
    Array.from(shadow.matchAll(HEXADECIMAL), (match) => match.index + match[0].length - 1),
  );
  for (const match of shadow.matchAll(GROUPED)) {
    const inside = Array.from(match[0], (_, at) => match.index + at);
    rewriting.remove(inside.filter((at) => !/[0-9]/.test(shadow[at])));
  }
  rewriting.apply(SPACED_TIMES, "*");
  rewriting.apply(BLANKS, "");
  rewriting.apply(TIMES, "*", hexadecimal);
  rewriting.apply(OVER, "/");
  rewriting.apply(LEADING_PLUS, "");
  if (rewriting.characters.at(-1) === "=") rewriting.remove([rewriting.positions.at(-1)]);
  const read = rewriting.characters.join("");
  return read === text ? null : { text: read, positions: [...rewriting.positions, written.length] };
}

/** Remove the blanks around a text; return null if there are none. */
export function strip(text) {
  const written = characters(text);
  const blank = (character) => tables.blanks.includes(character);
  let [start, end] = [0, written.length];
  while (start < end && blank(written[start])) start += 1;
  while (end > start && blank(written[end - 1])) end -= 1;
  if (end - start === written.length) return null;
  const positions = Array.from({ length: end - start + 1 }, (_, at) => start + at);
  return { text: written.slice(start, end).join(""), positions };
}

function plainCharacter(character) {
  if (isAscii(character)) return character;
  const digit = decimal(character);
  return digit === null ? (tables.sameAs[character] ?? character) : String(digit);
}

/** A text while it is rewritten, with the original position of each character. */
class Rewriting {
  constructor(written) {
    this.characters = written;
    this.positions = written.map((_, at) => at);
  }

  /** The text with one unit of UTF-16 for each character, so that patterns count as Python does. */
  get shadow() {
    return this.characters.map((c) => (c.length > 1 ? "\ue000" : c)).join("");
  }

  /** Remove the characters with these original positions. */
  remove(originals) {
    const kept = this.positions.map((at) => !originals.includes(at));
    this.characters = this.characters.filter((_, index) => kept[index]);
    this.positions = this.positions.filter((_, index) => kept[index]);
  }

  /** Put a symbol, or nothing, in place of the last group of each match that does not stay. */
  apply(pattern, symbol, stay = new Set()) {
    const [written, positions] = [[], []];
    let done = 0;
    for (const match of this.shadow.matchAll(pattern)) {
      const [start, end] = match.indices[match.length - 1] ?? match.indices[0];
      if (stay.has(this.positions[start])) continue;
      written.push(...this.characters.slice(done, start), ...symbol);
      positions.push(...this.positions.slice(done, start + symbol.length));
      done = end;
    }
    this.characters = [...written, ...this.characters.slice(done)];
    this.positions = [...positions, ...this.positions.slice(done)];
  }
}
