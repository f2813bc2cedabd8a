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
    const failed = results.map((_, row) => row).filter((row) => isNotation(results[row]));
    const rewrite = this.normalize ? normalize : strip;
    const pairs = failed.map((row) => [row, rewrite(expressions[row])]).filter(([, text]) => text);
    const again = await this.#answer(
      pairs.map(([, { text }]) => text),
      () => {},
    );
    pairs.forEach(([row, { text, positions }], index) => {
      const { failure, ...result } = again[index];
      const position = positions[failure?.position] ?? failure?.position;
      const moved = failure && { ...failure, position };
      results[row] = { ...result, expression: expressions[row], readAs: text, failure: moved };
    });
    return results.map((result) => this.#explained(result));
  }

  /** Answer texts as they are written; `failure` holds code and position of an error. */
  async #answer(expressions, onProgress) {
    const rows = expressions.map(encode);
    const models = await this.#openFor(rows);
    const longest = models.at(-1).info.longestInput;
    const chosen = models.map(() => []);
    const results = rows.map((ids, row) => {
      const { domain, error, position } = validate(ids, longest);
      const result = this.#unanswered(expressions[row]);
      const accepted = models.at(-1).info.domain;
      const code = error ?? (domain > accepted ? "outside_domain" : null);
      if (code) return { ...result, failure: { code, position, accepted } };
      const index = route(models, domain, ids.length);
      chosen[index].push(row);
      return { ...result, certified: domain <= models[index].info.certifiedDomain };
    });
    let done = expressions.length - chosen.flat().length;
    onProgress(done);
    for (const [index, model] of models.entries()) {
      const mine = chosen[index];
      const cost = model.info.tapes.length ? expectedSteps : (ids) => ids.length;
      for (const batch of batches(
        mine.map((row) => rows[row]),
        cost,
      )) {
        await this.#run(
          model,
          batch.map((at) => mine[at]),
          rows,
          results,
        );
        done += batch.length;
        onProgress(done);
      }
    }
    return results;
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
    const ids = batch.map((row) => rows[row]);
    const limit = this.maxSteps && model.info.tapes.length ? [BigInt(this.maxSteps) + 1n] : [];
    const { texts, logProbs, steps } = await model.answer(ids, ...limit);
    const divided = [];
    batch.forEach((row, at) => {
      const result = { ...results[row], model: model.info.name };
      const [answer, logProb] = [texts[at], logProbs[at]];
      if (limit.length && steps[at] > BigInt(this.maxSteps)) {
        result.failure = { code: "too_costly", position: null };
      } else if (model.info.tapes.length && answer === DIVIDED_BY_ZERO) divided.push(at);
      else Object.assign(result, { answer, logProb });
      results[row] = result;
    });
    if (!divided.length) return;
    const positions = await zeroDivisors(
      model,
      divided.map((at) => ids[at]),
    );
    divided.forEach((at, index) => {
      results[batch[at]].failure = { code: "division_by_zero", position: positions[index] };
    });
  }

  #unanswered(expression) {
    const model = this.names.at(-1);
    const nothing = { answer: null, logProb: null, certified: false, readAs: null, failure: null };
    return { expression, model, ...nothing };
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

const isNotation = ({ failure }) => NOTATION.includes(failure?.code);

/** Return the first model whose certified domain contains an expression, or else the last one. */
function route(models, domain, length) {
  const fits = ({ info }) => length <= info.longestInput && domain <= info.certifiedDomain;
  const index = models.slice(0, -1).findIndex(fits);
  return index < 0 ? models.length - 1 : index;
}
