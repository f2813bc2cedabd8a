// Answer expressions: validate, choose the model, cut into batches, collect the results.
//
// This is exprinfer/runtime/engine.py and routing.py for a browser. Models are opened when the
// first expression needs them, so that a visitor loads only what is used.

import { explain, tooCostly } from "./language/explain.js";
import { normalize, strip } from "./language/normalization.js";
import tables from "./language/tables.js";
import { encode } from "./language/tokenizer.js";
import { validate } from "./language/validation.js";
import { batches, expectedSteps } from "./runtime/batching.js";
import { DIVIDED_BY_ZERO, zeroDivisors } from "./runtime/tapes.js";

/** Errors that another notation can cause. */
const NOTATION = ["unknown_symbol", "malformed"];

/**
 * @typedef {object} Result One result; see exprinfer.Prediction.
 * @property {string} expression
 * @property {string | null} answer
 * @property {number | null} logProb
 * @property {boolean} certified
 * @property {string} model
 * @property {{code: string, message: string, position: number | null} | null} error
 * @property {string | null} readAs
 */

/** Answers expressions by one or more models, which are tried in a fixed order. */
export class Evaluator {
  /**
   * @param {string[]} names The names of the models, in the order in which they are tried.
   * @param {(name: string) => Promise<import("./runtime/session.js").Session>} open Opens a model,
   *   or returns it if it is open.
   * @param {{normalize?: boolean, maxSteps?: number | null}} options `normalize` reads other
   *   notations too; `maxSteps` is the largest number of steps of one expression.
   */
  constructor(names, open, { normalize = false, maxSteps = null } = {}) {
    Object.assign(this, { names, open, normalize, maxSteps });
  }

  /** Evaluate one expression. @returns {Promise<Result>} */
  async evaluate(expression) {
    return (await this.evaluateMany([expression]))[0];
  }

  /**
   * Evaluate many expressions.
   *
   * @param {string[]} expressions
   * @param {(answered: number) => void} onProgress Called with the number of expressions done.
   * @returns {Promise<Result[]>} The results in input order.
   */
  async evaluateMany(expressions, onProgress = () => {}) {
    const results = await this.#answer(expressions, onProgress);
    const failed = numbers(results, ({ failure }) => NOTATION.includes(failure?.code));
    const rewrite = this.normalize ? normalize : strip;
    const pairs = failed.map((row) => [row, rewrite(expressions[row])]).filter(([, text]) => text);
    const texts = pairs.map(([, { text }]) => text);
    const again = await this.#answer(texts, () => {});
    pairs.forEach(([row, { text, positions }], index) => {
      const { failure, ...result } = again[index];
      // The position of an error about the length is a length.
      const place = failure?.code === "too_long" ? undefined : positions[failure?.position];
      const position = place ?? failure?.position;
      const moved = failure && { ...failure, position };
      results[row] = { ...result, expression: expressions[row], readAs: text, failure: moved };
    });
    return results.map((result) => this.#explained(result));
  }

  /** Answer texts as they are written; `failure` holds code and position of an error. */
  async #answer(expressions, onProgress) {
    const rows = expressions.map(encode);
    const models = await this.#openFor(rows);
    const results = rows.map((ids, row) => this.#judge(models, expressions[row], ids));
    let done = results.filter(({ failure }) => failure).length;
    onProgress(done);
    for (const model of models) {
      const mine = numbers(
        results,
        ({ failure, model: name }) => !failure && name === model.info.name,
      );
      const cost = model.info.tapes.length ? expectedSteps : (ids) => ids.length;
      for (const batch of batches(pick(rows, mine), cost)) {
        await this.#run(model, pick(mine, batch), rows, results);
        done += batch.length;
        onProgress(done);
      }
    }
    return results;
  }

  /** Return what is known of a text before a model has answered: its error, or its model. */
  #judge(models, expression, ids) {
    const { domain: accepted, longestInput } = models.at(-1).info;
    const { domain, error, position } = validate(ids, longestInput);
    const nothing = { expression, answer: null, logProb: null, readAs: null };
    const code = error ?? (domain > accepted ? "outside_domain" : null);
    if (code) {
      const failure = { code, position, accepted };
      return { ...nothing, model: this.names.at(-1), certified: false, failure };
    }
    const { name, certifiedHere } = route(models, domain, ids.length).info;
    return { ...nothing, model: name, certified: domain <= certifiedHere, failure: null };
  }

  /** Open the first model; the others too if a text may need them. */
  async #openFor(rows) {
    const first = await this.open(this.names[0]);
    const { longestInput, certifiedDomain } = first.info;
    const needed = rows.some(
      (ids) => ids.length > longestInput || validate(ids).domain > certifiedDomain,
    );
    if (!needed || this.names.length === 1) return [first];
    return [first, ...(await Promise.all(this.names.slice(1).map(this.open)))];
  }

  /** Put the answers of one batch into the results. */
  async #run(model, batch, rows, results) {
    const onTapes = model.info.tapes.length > 0;
    const limited = onTapes && this.maxSteps !== null;
    const limit = limited ? [BigInt(this.maxSteps) + 1n] : [];
    const { texts, logProbs, steps } = await model.answer(pick(rows, batch), ...limit);
    const divided = [];
    batch.forEach((row, at) => {
      const costly = limited && steps[at] > BigInt(this.maxSteps);
      if (costly) results[row].failure = { code: "too_costly", position: null };
      else if (onTapes && texts[at] === DIVIDED_BY_ZERO) divided.push(row);
      // A machine that has halted leaves an answer.
      else if (onTapes && !texts[at]) results[row].failure = { code: "not_halted", position: null };
      else Object.assign(results[row], { answer: texts[at], logProb: logProbs[at] });
    });
    if (!divided.length) return;
    const positions = await zeroDivisors(model, pick(rows, divided));
    divided.forEach((row, at) => {
      results[row].failure = { code: "division_by_zero", position: positions[at] };
    });
  }

  /** Put the sentence of an error in place of its code and position. */
  #explained({ failure, ...result }) {
    if (!failure) return { ...result, error: null };
    const { code, position, accepted } = failure;
    const domain = tables.domainDescriptions[tables.domains[accepted]];
    const error =
      code === "too_costly"
        ? tooCostly(this.maxSteps)
        : explain(code, result.expression, position, domain);
    return { ...result, certified: false, error };
  }
}

const pick = (values, indices) => indices.map((index) => values[index]);

/** Return the indices of the values that meet a condition. */
const numbers = (values, condition) =>
  values.map((_, index) => index).filter((index) => condition(values[index]));

/** Return the first model whose certified domain contains an expression, or else the last one. */
function route(models, domain, length) {
  const fits = ({ info }) => length <= info.longestInput && domain <= info.certifiedDomain;
  return models.slice(0, -1).find(fits) ?? models.at(-1);
}
