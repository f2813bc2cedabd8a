// Convert between symbols and token ids, as exprinfer/language/tokenizer.py does.

import tables from "./tables.js";

export const SYMBOLS = tables.symbols;
/** The id of every character that is not a symbol. */
export const UNKNOWN = tables.unknown;

/** By character; a blank is padding, so in a text it is an unknown character. */
const IDS = new Map([...SYMBOLS].map((symbol, id) => [symbol, id]).slice(1));

/**
 * Return the code points of a text, each as a string.
 *
 * Positions count code points, as Python's do, and not the units of UTF-16.
 */
export const characters = (text) => Array.from(text);

/** Return the token ids of a text, one for each code point. */
export const encode = (text) =>
  Uint8Array.from(characters(text), (character) => IDS.get(character) ?? UNKNOWN);

/** Return the text of token ids, without the padding at its end. */
export const decode = (ids) =>
  Array.from(ids, (id) => SYMBOLS[Number(id)])
    .join("")
    .trimEnd();

/** Tensors of 64-bit integers hold BigInts; making one for each symbol would be slow. */
const INT64 = Array.from({ length: 256 }, (_, id) => BigInt(id));

/** Put texts of token ids into one array `[rows, time]`, padded on the right. */
export function pad(rows) {
  const time = Math.max(1, ...rows.map((ids) => ids.length));
  const tokens = new BigInt64Array(rows.length * time);
  rows.forEach((ids, row) => ids.forEach((id, at) => (tokens[row * time + at] = INT64[id])));
  return { tokens, time };
}
