// Check it yourself: all small expressions to exact, a sample to gist.

import { OPERATORS, point, POINTS, sample, SIZE } from "../seed_domain.js";
import { byId, grouped, make } from "./dom.js";
import { COLORS, DomainMap } from "./map.js";
import { WorkerClient } from "./worker_client.js";

const LABELS = ["all three forms right", "one wrong", "two wrong", "all three wrong"];
/** Points of the maps that one point of the sample stands for, in each direction. */
const SIDE = 12;
/** gist is slow: its progress is shown after so many points. */
const SAMPLE_CHUNK = 68;

/** Runs both checks in a worker of their own, so that the page stays free. */
export class CheckView {
  #start = byId("check-start");
  #stop = byId("check-stop");
  #status = byId("check-status");
  #worker = null;

  constructor() {
    this.#start.addEventListener("click", () => this.#run());
    this.#stop.addEventListener("click", () => this.#worker?.stop());
  }

  async #run() {
    this.#start.disabled = true;
    this.#stop.disabled = false;
    this.#worker = new WorkerClient();
    const exact = new Check(
      "exact",
      Array.from({ length: POINTS }, (_, number) => number),
      1,
    );
    const gist = new Check("gist", sample(SIDE), SIDE, SAMPLE_CHUNK);
    byId("maps").replaceChildren(exact.element, gist.element, legend());
    this.#status.textContent = `exact gets all ${grouped(SIZE)} expressions…`;
    try {
      await exact.run(this.#worker);
      this.#status.textContent = `${exact.summary()}. gist gets a sample…`;
      await gist.run(this.#worker);
      this.#status.textContent = `${exact.summary()}. ${gist.summary()}, a sample.`;
    } catch (error) {
      this.#status.textContent = `The check ended early: ${error.message}.`;
    }
    this.#worker.stop();
    this.#stop.disabled = true;
    this.#start.disabled = false;
  }
}

/** One model, its points and its four maps. */
class Check {
  constructor(name, points, side, chunk) {
    Object.assign(this, { name, points, chunk, done: 0, wrong: 0, seconds: 0 });
    this.maps = OPERATORS.map((operator) => new DomainMap(`a ${operator} b`, side));
    this.bar = make("progress", {
      max: points.length,
      value: 0,
      aria: { label: `${name}: progress` },
    });
    this.count = make("span", { className: "hint" }, "not started");
    this.element = make(
      "div",
      { id: `check-${name}` },
      make("h3", {}, name),
      make("p", { className: "row" }, this.bar, this.count),
      make("div", { className: "maps" }, ...this.maps.map((map) => map.element)),
    );
  }

  async run(worker) {
    const progress = (report) => (report.loading ? this.#load(report) : this.#add(report));
    await worker.call("check", [this.name, this.points, this.chunk], progress);
    this.maps.forEach((map) => map.finish());
    this.count.textContent = this.summary();
  }

  summary() {
    const [right, all] = [3 * this.done - this.wrong, 3 * this.done].map(grouped);
    return `${this.name}: ${right} of ${all} right, ${grouped(this.#rate())} expressions per second`;
  }

  #load({ loading, done }) {
    this.count.textContent = `loading ${loading}: ${(done / 2 ** 20).toFixed(1)} MB`;
  }

  #add({ points, wrong, seconds }) {
    points.forEach((number, at) => this.maps[point(number).operator].add(number, wrong[at]));
    this.done += points.length;
    this.wrong += wrong.reduce((sum, count) => sum + count, 0);
    this.seconds = seconds;
    this.bar.value = this.done;
    this.count.textContent = `${grouped(3 * this.done)} checked, ${grouped(this.wrong)} wrong, ${grouped(this.#rate())} per second`;
  }

  #rate() {
    return Math.round((3 * this.done) / Math.max(this.seconds, 1e-3));
  }
}

function legend() {
  const square = (color) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const name of ["width", "height"]) rect.setAttribute(name, "100%");
    rect.setAttribute("fill", color);
    svg.append(rect);
    return svg;
  };
  const entries = LABELS.map((label, index) => make("span", {}, square(COLORS[index]), label));
  return make("p", { className: "legend" }, ...entries);
}
