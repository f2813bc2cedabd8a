// Play, pause, step, speed and scrubber.

import { make } from "./dom.js";

const SPEEDS = [1, 4, 10, 30, 100];
const USUAL = 10;

/** Moves through a number of steps, by itself or by hand. */
export class Player {
  #timer = 0;

  /**
   * @param {number} last The last step.
   * @param {(step: number, byHand: boolean) => void} onStep
   * @param {(speed: number) => void} onSpeed Called with the steps per second.
   */
  constructor(last, onStep, onSpeed) {
    Object.assign(this, { last, onStep, onSpeed, step: 0 });
    this.playButton = button("Play", "▶", () => this.toggle());
    this.speed = make(
      "select",
      { aria: { label: "Speed" }, on: { change: () => this.#changeSpeed() } },
      ...SPEEDS.map((speed) => make("option", { value: speed }, `${speed} steps/s`)),
    );
    this.speed.value = USUAL;
    this.range = make("input", {
      type: "range", min: 0, max: last, value: 0,
      aria: { label: "Step" }, on: { input: () => this.go(this.range.valueAsNumber) },
    }); // prettier-ignore
    this.output = make("output");
    this.element = make(
      "div",
      {},
      make(
        "div",
        { className: "controls", role: "group", aria: { label: "Playback" } },
        button("First step", "⏮", () => this.go(0)),
        button("One step back", "◀◀", () => this.go(this.step - 1)),
        this.playButton,
        button("One step on", "▶▶", () => this.go(this.step + 1)),
        button("Last step", "⏭", () => this.go(last)),
        this.speed,
      ),
      make("div", { className: "scrubber" }, this.range, this.output),
    );
  }

  get playing() {
    return this.#timer !== 0;
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Play from here, or from the start if this is the end. */
  play() {
    if (this.step === this.last) this.#show(0, false);
    this.#changeSpeed();
    this.#start();
    this.#label("Pause", "⏸");
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#label("Play", "▶");
  }

  /** Go to a step and stay there. */
  go(step) {
    this.pause();
    this.#show(step, true);
  }

  #start() {
    clearInterval(this.#timer);
    this.#timer = setInterval(
      () => {
        this.#show(this.step + 1, false);
        if (this.step === this.last) this.pause();
      },
      1000 / Number(this.speed.value),
    );
  }

  #changeSpeed() {
    this.onSpeed(Number(this.speed.value));
    if (this.playing) this.#start();
  }

  #show(step, byHand) {
    this.step = Math.max(0, Math.min(this.last, step));
    this.range.value = this.step;
    this.output.textContent = `${this.step} / ${this.last}`;
    this.onStep(this.step, byHand);
  }

  #label(label, sign) {
    this.playButton.setAttribute("aria-label", label);
    this.playButton.textContent = sign;
  }
}

function button(label, sign, click) {
  return make("button", { type: "button", title: label, aria: { label }, on: { click } }, sign);
}
