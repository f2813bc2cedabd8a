// The answer as you type.

import { byId, make, printable } from "./dom.js";

const EXAMPLES = ["25*-34", "2*(3+4)", "-(66+-19)", "123456789*-987654321", "7/(2-2)", "2(3+4)"];
/** Steps that longhand may take while somebody types; about a second. */
const MAX_STEPS = 20_000;
/** Milliseconds without typing after which a screen reader announces the answer. */
const PAUSE = 700;

/** Evaluates the expression in the field. */
export class EvaluateView {
  #field = byId("expression");
  #normalize = byId("normalize");
  #busy = false;
  #again = false;
  #timer = 0;

  constructor(worker, loading, fail) {
    Object.assign(this, { worker, loading, fail });
    this.#field.addEventListener("input", () => this.update());
    this.#normalize.addEventListener("change", () => this.update());
    byId("examples").append(
      ...EXAMPLES.map((text) =>
        make("button", { type: "button", on: { click: () => this.set(text) } }, text),
      ),
    );
  }

  /** The expression in the field. */
  get text() {
    return this.#field.value;
  }

  /** How it is read. */
  get options() {
    return { normalize: this.#normalize.checked };
  }

  set(text) {
    this.#field.value = text;
    this.update();
  }

  /** Evaluate the field. While the worker is busy, only the latest text waits. */
  async update() {
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    const options = { ...this.options, maxSteps: MAX_STEPS };
    try {
      const began = performance.now();
      let loaded = false; // a time with the loading of files in it says nothing
      const progress = (report) => {
        loaded = true;
        this.loading.show(report);
      };
      const result = await this.worker.call("evaluate", [this.text, options], progress);
      show(result, loaded ? null : performance.now() - began);
      this.#announce();
      this.fail(null);
    } catch (error) {
      this.fail(error);
    }
    this.#busy = false;
    this.loading.finish();
    if (this.#again) await this.update();
  }

  #announce() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const answer = byId("result").querySelector(".answer, .message")?.textContent ?? "";
      const facts = Array.from(byId("result").querySelectorAll("dd"), (fact) => fact.textContent);
      byId("announcement").textContent = [answer, ...facts].join(", ");
    }, PAUSE);
  }
}

/** Show one result, and how long it took if that is known. */
function show(result, milliseconds) {
  const { answer, error } = result;
  byId("result").replaceChildren(
    ...(error
      ? [place(result), make("p", { className: "message bad" }, printable(error.message))]
      : [make("p", { className: answer.length > 24 ? "answer long" : "answer" }, `= ${answer}`)]),
    facts(result, milliseconds),
  );
}

/** Return the expression with a caret under the place of its error. */
function place({ expression, error }) {
  if (error.position === null) return "";
  const symbols = Array.from(expression);
  const shown = (part) => part.map(printable).join("");
  const marked = shown(symbols.slice(error.position, error.position + 1)) || "\u00a0";
  const around = 40; // symbols of a long expression that are shown on each side
  const begin = Math.max(0, error.position - around);
  const end = error.position + 1 + around;
  return make(
    "p",
    { className: "place" },
    (begin ? "…" : "") + shown(symbols.slice(begin, error.position)),
    make("mark", {}, marked),
    shown(symbols.slice(error.position + 1, end)) + (end < symbols.length ? "…" : ""),
  );
}

function facts({ error, certified, logProb, model, readAs }, milliseconds) {
  const list = make("dl", { className: "facts" });
  const add = (name, value, className = "", nameClass = "") =>
    list.append(
      make("div", {}, make("dt", { className: nameClass }, name), make("dd", { className }, value)),
    );
  if (!error) {
    const trust = certified ? ["✓ certified", "good"] : ["not certified", "bad"];
    add("trust", ...trust, "unseen");
    add("sure", percent(logProb));
    add("model", model);
  }
  if (readAs !== null) add("read as", readAs);
  if (milliseconds !== null) add("time", `${Math.ceil(milliseconds)} ms`);
  return list;
}

/** Return the probability of an answer; one that rounds to 100% is not certain. */
function percent(logProb) {
  const share = 100 * Math.exp(Math.min(0, logProb));
  return share > 99.99 ? "> 99.99%" : `${share.toFixed(2)}%`;
}
