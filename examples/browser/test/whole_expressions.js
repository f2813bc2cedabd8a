// Random whole expressions, the same for the same seed. Few of them divide by zero.

/**
 * @param {number} count
 * @param {number} seed
 * @returns {string[]} Different expressions of 2 to 6 numbers with up to 6 digits.
 */
export function wholeExpressions(count, seed) {
  const random = mulberry32(seed);
  const below = (limit) => Math.floor(random() * limit);
  const number = () => String(below(10 ** (1 + below(6))));
  const expression = (numbers) => {
    const minus = below(4) === 0 ? "-" : "";
    if (numbers === 1) return minus + number();
    const left = 1 + below(numbers - 1);
    const text = expression(left) + "+-*/"[below(4)] + expression(numbers - left);
    return below(2) ? `${minus}(${text})` : text;
  };
  const texts = new Set();
  while (texts.size < count) texts.add(expression(2 + below(5)));
  return [...texts];
}

/** A small generator of numbers from 0 to 1. */
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
