// What is loaded: progress while files arrive, and the models that are open.

import { byId, grouped, make } from "./dom.js";

const MEGABYTE = 2 ** 20;

/** Shows progress while files arrive, and what the open models say about themselves. */
export class LoadingView {
  #line = byId("loading");
  #progress = this.#line.querySelector("progress");
  #label = this.#line.querySelector("span");
  /** By file, the bytes that arrived and those in all. */
  #files = new Map();

  constructor(worker) {
    this.worker = worker;
  }

  /** Show a part of a file that arrived; the progress of other work is ignored. */
  show = ({ loading, done, all }) => {
    if (!loading) return;
    this.#files.set(loading, [done, all]);
    const sum = (index) =>
      [...this.#files.values()].reduce((total, file) => total + file[index], 0);
    this.#line.hidden = false;
    this.#progress.value = Math.min(1, sum(0) / Math.max(sum(0), sum(1)));
    const names = [...this.#files.keys()].join(" and ");
    this.#label.textContent = `Loading ${names}: ${(sum(0) / MEGABYTE).toFixed(1)} MB`;
  };

  /** Show what is loaded now. */
  async finish() {
    this.#line.hidden = true;
    this.#files.clear();
    const models = await this.worker.call("models");
    const names = ["model", "version", "size", "checksum verified, SHA-256 of the file", "right"];
    byId("models").replaceChildren(
      make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name))),
      ...models.map((info) => row(info)),
    );
  }

  /** Show how long the first answer took. */
  answered() {
    const seconds = (performance.now() / 1000).toFixed(1);
    byId("timing").textContent = `First answer ${seconds} s after the page was opened.`;
  }
}

function row({ name, version, bytes, sha256, right, checked }) {
  const cells = [
    name,
    version,
    `${grouped(Math.round(bytes / 1024))} KB`,
    `✓ ${sha256.slice(0, 16)}…`,
    `${grouped(right)} of ${grouped(checked)}`,
  ];
  return make("tr", {}, ...cells.map((cell) => make("td", {}, cell)));
}
