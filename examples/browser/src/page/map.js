// A map of the small expressions with one operator: a to the right, b upward.

import { A_VALUES, B_VALUES, point } from "../seed_domain.js";
import { make } from "./dom.js";

/** By the number of wrong forms; color-blind readers can tell them apart. */
export const COLORS = ["#009e73", "#f0e442", "#e69f00", "#b3261e"];
/** b = 0 has a line of its own, which stays empty. */
const HEIGHT = B_VALUES.at(-1) - B_VALUES[0] + 1;

/** Fills in while points are checked. */
export class DomainMap {
  /**
   * @param {string} title
   * @param {number} side How many points one checked point stands for, in each direction.
   */
  constructor(title, side = 1) {
    Object.assign(this, { title, side, checked: 0, wrong: 0 });
    this.canvas = make("canvas", { width: A_VALUES.length, height: HEIGHT, role: "img" });
    this.canvas.setAttribute("aria-label", `Map of ${title}, not complete`);
    this.caption = make("figcaption", {}, title);
    this.element = make("figure", {}, this.caption, this.canvas);
    this.context = this.canvas.getContext("2d");
  }

  /** Draw a point of which so many of the three forms are wrong. */
  add(number, wrong) {
    const { a, b } = point(number);
    const block = (index) => Math.floor(index / this.side) * this.side;
    const y = HEIGHT - 1 - (B_VALUES[block(b)] - B_VALUES[0]);
    this.context.fillStyle = COLORS[wrong];
    this.context.fillRect(block(a), y - this.side + 1, this.side, this.side);
    this.checked += 3;
    this.wrong += wrong;
  }

  /** Write the share of right answers. */
  finish() {
    const share = (100 * (this.checked - this.wrong)) / this.checked;
    const shown = this.wrong && share > 99.99 ? "> 99.99" : share.toFixed(2);
    this.caption.textContent = `${this.title}: ${shown}% right`;
    this.canvas.setAttribute("aria-label", `Map of ${this.title}, ${shown}% right`);
  }
}
