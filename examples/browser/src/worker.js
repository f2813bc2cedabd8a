// The worker: runs the networks, so that the page stays free to react.
//
// A message `{id, method, args}` is answered by any number of `{id, progress}` and then by
// `{id, result}` or `{id, error}`.

import { Evaluator } from "./evaluator.js";
import tables from "./language/tables.js";
import { openModel, openModels } from "./loading.js";
import { MAX_TRACE_STEPS, record } from "./runtime/tapes.js";
import { score, write } from "./scoring/score.js";
import { check } from "./seed_domain.js";
import { makeTrace } from "./trace.js";

/** The results of the last file, for downloads. */
let scored = null;

const evaluatorFor = (options, report) =>
  new Evaluator(tables.defaultModels, (name) => openModel(name, loading(report)), options);

const loading = (report) => (what, done, all) => report({ loading: what, done, all });

const METHODS = {
  /** Open a model and return what all open ones say about themselves. */
  async open(report, name) {
    await openModel(name, loading(report));
    return openModels();
  },

  models: () => openModels(),

  evaluate: (report, text, options) => evaluatorFor(options, report).evaluate(text),

  /** Return the trace of an expression by the model that works on tapes. */
  async trace(report, text, options) {
    const limited = { ...options, maxSteps: MAX_TRACE_STEPS };
    const result = await evaluatorFor(limited, report).evaluate(text);
    if (result.error) throw new Error(result.error.message);
    const model = await openModel(tables.defaultModels.at(-1), loading(report));
    const read = result.readAs ?? text;
    const moments = await record(model, read, (done, all) => report({ done, all }));
    return { ...makeTrace(model.info.states, moments), names: model.info.tapes, text: read };
  },

  /** Put points of the seed domain to a model; each part of the result is reported. */
  async check(report, name, points, chunk) {
    const model = await openModel(name, loading(report));
    const began = performance.now();
    for await (const part of check(model, points, chunk)) {
      report({ ...part, seconds: (performance.now() - began) / 1000 });
    }
    return model.info;
  },

  async score(report, file, options) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const evaluator = evaluatorFor(options, report);
    scored = await score(evaluator, file.name, bytes, (done, all) => report({ done, all }));
    const { fields, rows, counts } = scored;
    const shown = rows.slice(0, 50).map((row) => row.map((value) => value?.toString() ?? ""));
    return { fields, shown, counts, size: rows.length };
  },

  download: (_, format) => new Blob([write(scored, format)]),
};

self.onmessage = async ({ data: { id, method, args } }) => {
  const report = (progress) => self.postMessage({ id, progress });
  try {
    self.postMessage({ id, result: await METHODS[method](report, ...args) });
  } catch (error) {
    self.postMessage({ id, error: error.message ?? String(error) });
  }
};
