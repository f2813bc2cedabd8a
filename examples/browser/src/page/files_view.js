// Score a file that was dropped or chosen. It never leaves the machine.

import { byId, grouped, make, printable } from "./dom.js";
import { WorkerClient } from "./worker_client.js";

/** Characters of a cell that are shown. */
const CELL = 60;
const FORMATS = { csv: ["CSV", "text/csv"], jsonl: ["JSON Lines", "application/jsonl"] };

/** Takes a file, shows the first results and offers all of them as a download. */
export class FilesView {
  #status = byId("file-status");
  #output = byId("scored");
  #worker = null;

  constructor() {
    const [drop, field] = [byId("drop"), byId("file")];
    field.addEventListener("change", () => field.files[0] && this.#score(field.files[0]));
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        const file = name === "drop" && event.dataTransfer.files[0];
        if (file) this.#score(file);
      });
    }
  }

  async #score(file) {
    this.#worker?.stop(); // the file before is not wanted any more
    const worker = new WorkerClient();
    this.#worker = worker;
    const name = printable(file.name);
    const stop = make("button", { type: "button", on: { click: () => worker.stop() } }, "Stop");
    // Not in the status, which a screen reader would speak each time.
    const bar = make("progress", { max: 1, aria: { label: "Rows scored" } });
    const count = make("span", { className: "hint" });
    this.#output.replaceChildren(make("p", { className: "row" }, bar, count, stop));
    this.#output.hidden = false;
    this.#status.textContent = `Scoring ${name}…`;
    const progress = ({ loading, done, all }) => {
      if (!loading) bar.value = done / Math.max(1, all);
      count.textContent = loading
        ? `loading ${loading}`
        : `${grouped(done)} of ${grouped(all)} rows`;
    };
    const options = { normalize: byId("normalize").checked };
    try {
      const scored = await worker.call("score", [file, options], progress);
      if (worker !== this.#worker) return;
      this.#status.textContent = `${name}: ${summary(scored)}`;
      this.#show(worker, name, scored);
    } catch (error) {
      if (worker !== this.#worker) return;
      this.#status.textContent = printable(error.message);
      this.#output.hidden = true;
    }
  }

  #show(worker, name, { fields, shown, size }) {
    const buttons = Object.entries(FORMATS).map(([format, [label, type]]) => {
      const click = async () => save(await worker.call("download", [format]), name, format, type);
      return make("button", { type: "button", on: { click } }, `Download as ${label}`);
    });
    const head = make("tr", {}, ...fields.map((field) => make("th", { scope: "col" }, cut(field))));
    const body = shown.map((row) => make("tr", {}, ...row.map((v) => make("td", {}, cut(v)))));
    const more = size > shown.length ? `The first ${shown.length} of ${grouped(size)} rows.` : "";
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
    this.#output.replaceChildren(
      make("div", { className: "row" }, ...buttons),
      make(
        "div",
        { className: "scroll", tabIndex: 0, role: "region", aria: { label: "Results" } },
        table,
      ),
      make("p", { className: "hint" }, more),
    );
  }
}

function summary({ size, counts }) {
  const { answered, certified, errors, marked, right, givenRight } = counts;
  const parts = [
    `${grouped(size)} rows: ${grouped(answered)} answered, ${grouped(certified)} of them certified`,
    ...Object.entries(errors).map(([code, count]) => `${code} ${grouped(count)}`),
  ];
  if (marked) {
    parts.push(`given answers right: ${grouped(givenRight)} of ${grouped(marked)}`);
    parts.push(`the models' answers right: ${grouped(right)} of ${grouped(marked)}`);
  }
  return parts.join("; ");
}

/** Hand a file to the visitor. */
function save(blob, name, format, type) {
  const href = URL.createObjectURL(new Blob([blob], { type }));
  make("a", { href, download: `${name.replace(/\.\w+$/, "")}-results.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

const cut = (text) => {
  const symbols = Array.from(text);
  return printable(symbols.slice(0, CELL).join("") + (symbols.length > CELL ? "…" : ""));
};
