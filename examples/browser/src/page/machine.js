// The tapes, heads and state of longhand at one step.

import { make } from "./dom.js";

/** Draws a trace, step by step. */
export class Machine {
  /** @param {{names: string[], steps: import("../trace.js").Step[]}} trace */
  constructor({ names, steps }) {
    this.steps = steps;
    this.strips = steps[0].tapes.map((tape) =>
      make(
        "div",
        { className: "strip" },
        ...Array.from(tape, () => make("span", { className: "cell" })),
      ),
    );
    this.windows = this.strips.map((strip) =>
      make("div", { className: "window", role: "img" }, strip),
    );
    this.state = make("p", { className: "state" });
    const rows = this.windows.map((window, tape) =>
      make(
        "div",
        { className: "tape" },
        make("span", { className: "tape-name" }, names[tape]),
        window,
      ),
    );
    this.names = names;
    this.element = make("div", {}, ...rows, this.state);
  }

  /** Show the machine before a step. */
  show(number) {
    const step = this.steps[number];
    step.tapes.forEach((tape, index) => {
      const [strip, head, look] = [this.strips[index], step.heads[index], step.looks[index]];
      strip.style.setProperty("--head", head);
      Array.from(tape, (symbol, at) => {
        const cell = strip.children[at];
        if (cell.textContent !== symbol) cell.textContent = symbol;
        cell.classList.toggle("look", look && at === head);
      });
      this.windows[index].setAttribute("aria-label", spoken(this.names[index], tape, head));
    });
    this.state.replaceChildren(
      make("span", {}, "state ", make("strong", {}, step.state)),
      make("span", {}, describe(step)),
    );
  }

  /** Return the machine before a step in words. */
  describe(number) {
    const { state, tapes, heads } = this.steps[number];
    return [
      `step ${number} of ${this.steps.length - 1}, state ${state}`,
      ...tapes.map((tape, index) => spoken(this.names[index], tape, heads[index])),
    ].join("; ");
  }

  /** Set how long the tapes take to move, in milliseconds. */
  set pace(milliseconds) {
    this.element.style.setProperty("--pace", `${milliseconds}ms`);
  }
}

const WORDS = {
  add: "adds",
  subtract: "subtracts",
  multiply: "multiplies",
  divide: "divides",
  add_zero: "adds zero",
  multiply_zero: "multiplies by zero",
  result: "has a result",
};
const SIGNS = { "+": ", sign +", "-": ", sign −", 0: ", zero" };

/** Say what a step does to the numbers. */
const describe = ({ operation, sign }) =>
  WORDS[operation] ? `${WORDS[operation]}${SIGNS[sign] ?? ""}` : "";

function spoken(name, tape, head) {
  const symbol = tape[head]?.trim();
  return `${name}: ${tape.trim() || "empty"}, head on ${symbol || "a blank"}`;
}
