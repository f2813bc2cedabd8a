// Find the columns of a table to score, as exprinfer/scoring/reading/columns.py does.

import { encode } from "../language/tokenizer.js";
import tables from "../language/tables.js";
import { validate } from "../language/validation.js";
import { InputError } from "./reading.js";

/** Rows that show whether a column holds expressions. */
const SAMPLE_ROWS = 100;
/** Characters that an expression in those rows has at most. */
const SAMPLE_WIDTH = 64;

/** Return the names of the columns that scoring adds to a table. */
export const resultFields = (marked) => [
  ...tables.fields.slice(1),
  ...(marked ? tables.marks : []),
];

/**
 * Find the column of expressions and the column of expected values.
 *
 * @param {string} file The name that errors begin with.
 * @param {string[]} names The names of the columns.
 * @param {string[][]} rows
 * @returns {{expression: number, expected: number}} Their indices; `expected` is -1 without one.
 */
export function findColumns(file, names, rows) {
  if (names.some(isExpression)) {
    throw new InputError(
      `${file}: the first row holds an expression; put a row of column names before it`,
    );
  }
  const named = (wanted) => names.findIndex((name) => name.trim().toLowerCase() === wanted);
  const expected = named("expected");
  const expression = named("expression") >= 0 ? named("expression") : detect(file, names, rows);
  const taken = resultFields(expected >= 0).filter((name) => names.includes(name));
  if (taken.length) {
    throw new InputError(`${file}: columns named like results: ${taken.join(", ")}; rename them`);
  }
  return { expression, expected };
}

function detect(file, names, rows) {
  const candidates = names
    .map((_, column) => column)
    .filter((column) => {
      const cells = rows.slice(0, SAMPLE_ROWS).map((row) => row[column] ?? "");
      const filled = cells.filter((cell) => cell.trim());
      return filled.length > 0 && 2 * filled.filter(isExpression).length > filled.length;
    });
  if (candidates.length === 1) return candidates[0];
  const shown = candidates.map((column) => names[column]).join(", ");
  throw new InputError(
    `${file}: ${shown ? `${shown} all hold` : "none holds"} expressions; ` +
      `the columns are ${names.join(", ")}: name one of them expression`,
  );
}

/** Return whether a cell is an expression with an operator, not just an integer. */
function isExpression(cell) {
  const text = cell.trim();
  return !validate(encode(text), SAMPLE_WIDTH).error && /[-+*/]/.test(text.slice(1));
}
