// Read a dropped file as lines or as a table, as exprinfer/scoring/reading does.

import Papa from "papaparse";

/** Thrown if a file cannot be scored; the message says why. */
export class InputError extends Error {}

/** Larger files are for the command line, which needs no memory for them. */
export const MAX_BYTES = 32 * 2 ** 20;
/** Delimiters that are detected; the first one wins a tie. */
const DELIMITERS = [",", ";", "\t", "|"];
const SAMPLE_ROWS = 50;
const LINE_BLANKS = /^[ \t\r]+|[ \t\r]+$/g;

/**
 * Read a file.
 *
 * @param {string} name Its name; `.csv` and `.tsv` are tables, everything else is text.
 * @param {Uint8Array} bytes
 * @returns {{lines: {expression: string, given: string | null}[]} |
 *   {names: string[], rows: string[][]}}
 */
export function readFile(name, bytes) {
  if (bytes.length > MAX_BYTES) {
    throw new InputError(
      `${name} has more than ${MAX_BYTES / 2 ** 20} MB: score it with exprinfer score`,
    );
  }
  if (bytes.subarray(0, 4096).includes(0) && !marked(bytes)) {
    throw new InputError(`${name} is not text: save it as CSV or as one expression per line`);
  }
  const text = decode(bytes);
  return /\.(csv|tsv)$/i.test(name) ? readTable(name, text) : { lines: readLines(text) };
}

/** Return the encoding that a byte order mark shows, or "". */
function marked(bytes) {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "";
}

/** Decode by the byte order mark, or else as UTF-8 or Windows-1252. */
function decode(bytes) {
  const encoding = marked(bytes);
  if (encoding) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Return the expression of each line, and the answer behind `=`, if any. */
function readLines(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => {
    const at = line.indexOf("=");
    const expression = (at < 0 ? line : line.slice(0, at)).replace(LINE_BLANKS, "");
    const given =
      at < 0
        ? ""
        : line
            .slice(at + 1)
            .replace(/^\?/, "")
            .replace(LINE_BLANKS, "");
    return { expression, given: given || null };
  });
}

function readTable(name, content) {
  const separator = /^sep=(.)?\r?\n/i.exec(content); // a line that Excel writes and reads
  const text = lineEnds(separator ? content.slice(separator[0].length) : content);
  const delimiter = separator ? (separator[1] ?? ",") : detectDelimiter(text);
  const [names, ...rows] = Papa.parse(text, { delimiter, newline: "\n" }).data;
  if (!names || (names.length === 1 && !names[0])) throw new InputError(`${name} is empty`);
  const repeated = names.filter((column, index) => names.indexOf(column) !== index);
  if (repeated.length) {
    throw new InputError(`${name}: more than one column is named ${repeated.join(", ")}`);
  }
  const isEmpty = (row) => row.length === 1 && row[0] === "";
  if (rows.length && isEmpty(rows.at(-1))) rows.pop(); // what follows the last line end
  // In a table of one column, an empty line is an empty cell.
  return { names, rows: names.length === 1 ? rows : rows.filter((row) => !isEmpty(row)) };
}

/** The parser takes one kind of line end, but files mix them. */
const lineEnds = (text) => text.replace(/\r\n/g, "\n");

/** Return the delimiter that divides most rows into as many cells as the first one has. */
function detectDelimiter(text) {
  const agreement = (delimiter) => {
    const options = { delimiter, preview: SAMPLE_ROWS, skipEmptyLines: true };
    const widths = Papa.parse(text, options).data.map((row) => row.length);
    if (!widths.length || widths[0] === 1) return 0;
    return widths.filter((width) => width === widths[0]).length / widths.length;
  };
  const shares = DELIMITERS.map(agreement);
  return DELIMITERS[shares.indexOf(Math.max(...shares))];
}
