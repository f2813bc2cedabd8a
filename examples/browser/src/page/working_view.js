// The working of longhand: the machine, the player and the list of operations.

import { byId, lessMotion, make, printable } from "./dom.js";
import { Machine } from "./machine.js";
import { Player } from "./player.js";

/** Milliseconds that a tape takes to move, at most. */
const SLOWEST_MOVE = 200;

/** Shows the working of the expression in the field. */
export class WorkingView {
  #button = byId("work");
  #note = byId("work-note");
  #player = null;

  constructor(worker, loading, evaluate) {
    Object.assign(this, { worker, loading, evaluate });
    this.#button.addEventListener("click", () => this.#open());
  }

  async #open() {
    const { text, options } = this.evaluate;
    this.#button.disabled = true;
    this.#note.textContent = "The machine runs…";
    this.#player?.pause();
    try {
      const progress = (report) => {
        this.loading.show(report);
        if (!report.loading) this.#note.textContent = `Step ${report.done} of ${report.all} …`;
      };
      this.#draw(await this.worker.call("trace", [text, options], progress));
    } catch (error) {
      this.#note.textContent = printable(error.message);
      byId("machine").hidden = true;
    }
    this.#button.disabled = false;
    this.loading.finish();
  }

  #draw(trace) {
    const machine = new Machine(trace);
    const operations = trace.operations.map((operation, index) =>
      this.#operation(operation, index === 0 ? trace.text : trace.operations[index - 1].remaining),
    );
    const announcement = make("p", { className: "unseen", aria: { live: "polite" } });
    const show = (step, byHand) => {
      machine.show(step);
      const done = trace.operations.filter((operation) => operation.step <= step).length;
      operations.forEach((button, index) => {
        button.classList.toggle("pending", index >= done);
        if (index === done - 1) button.setAttribute("aria-current", "step");
        else button.removeAttribute("aria-current");
      });
      if (byHand) announcement.textContent = machine.describe(step);
    };
    const setPace = (speed) => (machine.pace = Math.min(SLOWEST_MOVE, 700 / speed));
    this.#player = new Player(trace.steps.length - 1, show, setPace);
    const list = make(
      "ol",
      { className: "operations" },
      ...operations.map((b) => make("li", {}, b)),
    );
    byId("machine").replaceChildren(
      make(
        "div",
        { className: "board" },
        make("div", {}, machine.element, this.#player.element),
        make("div", {}, make("h3", { id: "operations-title" }, "Operations"), list),
      ),
      announcement,
    );
    byId("machine").hidden = false;
    const steps = trace.steps.length - 1;
    this.#note.textContent = `${trace.text} takes ${steps} steps.`;
    this.#player.go(0);
    if (!lessMotion()) this.#player.play();
  }

  /** Return a button that leads to the step at which an operation is complete. */
  #operation({ step, text, result, remaining }, before) {
    return make(
      "button",
      { type: "button", title: `from ${before}`, on: { click: () => this.#player.go(step) } },
      `${text} = ${result}`,
      make("span", { className: "rest" }, `step ${step}, then ${remaining}`),
    );
  }
}
