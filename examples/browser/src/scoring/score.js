// Score a file: every line or row gives one result, in order.

import tables from "../language/tables.js";
import { findColumns, resultFields } from "./columns.js";
import { mark } from "./marking.js";
import { readFile } from "./reading.js";
import { Float, toCsv, toJsonLines } from "./writing.js";

/** Rows that are evaluated together. */
const CHUNK = 2_048;

/**
 * Score a file.
 *
 * @param {import("../evaluator.js").Evaluator} evaluator
 * @param {string} name The name of the file.
 * @param {Uint8Array} bytes Its content.
 * @param {(done: number, all: number) => void} onProgress
 * @returns {Promise<{fields: string[], rows: any[][], counts: object}>} The names and values of the
 *   package's schema for this kind of file, and counts for people.
 */
export async function score(evaluator, name, bytes, onProgress = () => {}) {
  const source = open(name, readFile(name, bytes));
  const scored = { fields: source.fields, rows: [], counts: noCounts() };
  onProgress(0, source.size);
  for (let start = 0; start < source.size; start += CHUNK) {
    const indices = Array.from(
      { length: Math.min(CHUNK, source.size - start) },
      (_, at) => start + at,
    );
    const results = await evaluator.evaluateMany(indices.map(source.expression));
    results.forEach((evaluated, at) => {
      const result = source.malformed(indices[at]) ?? evaluated;
      const marks = mark(result, source.given(indices[at]), evaluator.normalize);
      scored.rows.push(source.row(indices[at], result, marks));
      count(scored.counts, result, marks);
    });
    onProgress(scored.rows.length, source.size);
  }
  return scored;
}

/** Return the results as a file of a format, "csv" or "jsonl". */
export const write = ({ fields, rows }, format) =>
  format === "csv" ? toCsv([fields, ...rows]) : toJsonLines(fields, rows);

/** Return how lines, or the rows of a table, are read and shown. */
function open(name, { lines, names, rows }) {
  if (lines) {
    return {
      size: lines.length,
      fields: [...tables.fields, "given", ...tables.marks],
      expression: (index) => lines[index].expression,
      given: (index) => lines[index].given,
      malformed: () => null,
      row: (index, result, marks) => [
        ...values(result),
        lines[index].given,
        ...Object.values(marks),
      ],
    };
  }
  const { expression, expected } = findColumns(name, names, rows);
  const complete = (index) => rows[index].length === names.length;
  return {
    size: rows.length,
    fields: [...names, ...resultFields(expected >= 0)],
    expression: (index) => (complete(index) ? rows[index][expression] : ""),
    given: (index) => (complete(index) && rows[index][expected]?.trim()) || null,
    malformed: (index) => (complete(index) ? null : malformed(index, names, rows)),
    row: (index, result, marks) => [
      ...(complete(index) ? rows[index] : names.map(() => null)),
      ...values(result).slice(1),
      ...(expected >= 0 ? Object.values(marks) : []),
    ],
  };
}

/** Return the result of a row with too many or too few cells. Row 1 holds the names. */
function malformed(index, names, rows) {
  const message = `row ${index + 2}: expected ${names.length} columns, got ${rows[index].length}`;
  const error = { code: "malformed_row", message, position: null };
  const model = tables.defaultModels.at(-1);
  return {
    expression: "",
    answer: null,
    logProb: null,
    certified: false,
    model,
    error,
    readAs: null,
  };
}

/** Return the values of `Prediction.as_dict`, in its order. */
function values({ expression, answer, logProb, certified, model, error, readAs }) {
  const value = /^-?[0-9]+$/.test(answer ?? "") ? BigInt(answer) : null;
  const { code, message, position } = error ?? { code: null, message: null, position: null };
  const sure = logProb === null ? null : new Float(logProb);
  return [expression, answer, value, sure, certified, model, code, message, position, readAs];
}

const noCounts = () => ({
  answered: 0,
  certified: 0,
  errors: {},
  marked: 0,
  right: 0,
  givenRight: 0,
});

function count(counts, { error, certified }, marks) {
  counts.answered += error ? 0 : 1;
  counts.certified += certified ? 1 : 0;
  if (error) counts.errors[error.code] = (counts.errors[error.code] ?? 0) + 1;
  if (marks.given_right === null) return;
  counts.marked += 1;
  counts.givenRight += marks.given_right ? 1 : 0;
  counts.right += marks.right ? 1 : 0;
}
