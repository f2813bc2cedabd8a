// Exact values by BigInt. They mark answers right or wrong, and never produce one.
//
// See exprinfer/scoring/reference.py.

/** Precedence of the operators; `~` is the minus before a value. */
const PRECEDENCE = { "+": 1, "-": 1, "*": 2, "/": 2, "~": 3 };

/**
 * Return the value of an expression.
 *
 * @param {string} expression
 * @returns {bigint | null} null if the text is not an expression or divides by zero.
 */
export function exactValue(expression) {
  const tokens = expression.match(/[0-9]+|[-+*/()]/g) ?? [];
  if (tokens.join("") !== expression) return null;
  const values = [];
  const pending = []; // operators and open brackets
  let operandNext = true;
  for (const token of [...tokens, ""]) {
    const isNumber = /[0-9]/.test(token);
    if (operandNext) {
      if (token === "-") pending.push("~");
      else if (token === "(") pending.push(token);
      else if (isNumber) values.push(BigInt(token));
      else return null;
      operandNext = !isNumber;
      continue;
    }
    if (token === "(" || isNumber) return null;
    while (pending.length && (PRECEDENCE[pending.at(-1)] ?? 0) >= (PRECEDENCE[token] ?? 1)) {
      if (!apply(pending.pop(), values)) return null;
    }
    if (token in PRECEDENCE) {
      pending.push(token);
      operandNext = true;
    } else if (token === ")" && pending.pop() !== "(") return null;
  }
  return pending.length || operandNext ? null : values[0];
}

/** Replace the last one or two values by the result; return false for a division by zero. */
function apply(operator, values) {
  const b = values.pop();
  if (operator === "~") return values.push(-b);
  const a = values.pop();
  if (operator === "/" && b === 0n) return false;
  const results = { "+": () => a + b, "-": () => a - b, "*": () => a * b, "/": () => a / b };
  return values.push(results[operator]());
}
