// Write results as CSV and as JSON Lines, byte for byte as exprinfer/scoring/writing does.

/** A float that Python writes as a float, and never as an integer. */
export class Float {
  constructor(value) {
    this.value = value;
  }

  toString() {
    const { value } = this;
    if (Object.is(value, -0)) return "-0.0";
    if (value !== 0 && Math.abs(value) < 1e-4) {
      return value.toExponential().replace(/e-(\d)$/, "e-0$1");
    }
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
}

/** Return rows of values as CSV (RFC 4180, CRLF). null is empty. */
export const toCsv = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

function cell(value) {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return rows of values as JSON Lines, one object for each row. */
export function toJsonLines(names, rows) {
  const keys = names.map(json);
  return rows
    .map((row) => `{${row.map((value, at) => `${keys[at]}: ${json(value)}`).join(", ")}}\n`)
    .join("");
}

function json(value) {
  if (typeof value === "bigint" || value instanceof Float) return String(value);
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value).replace(/[^ -~]/g, escape);
}
