// Calls to a worker; see worker.js.

/** A worker whose methods are called by name. */
export class WorkerClient {
  #calls = new Map();
  #count = 0;

  constructor() {
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.#receive(data);
    this.worker.onerror = () => this.#fail("the worker of this page cannot be started");
  }

  /**
   * Call a method.
   *
   * @param {string} method
   * @param {any[]} args
   * @param {(progress: object) => void} onProgress
   */
  call(method, args = [], onProgress = () => {}) {
    const id = ++this.#count;
    this.worker.postMessage({ id, method, args });
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, onProgress });
    });
  }

  /** End the worker and what it does. */
  stop() {
    this.worker.terminate();
    this.#fail("stopped");
  }

  #receive({ id, progress, result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    if (progress) return call.onProgress(progress);
    this.#calls.delete(id);
    if (error !== undefined) call.reject(new Error(error));
    else call.resolve(result);
  }

  #fail(message) {
    for (const { reject } of this.#calls.values()) reject(new Error(message));
    this.#calls.clear();
  }
}
