// Load the files that the page needs, and set up onnxruntime-web.

import * as ort from "onnxruntime-web/wasm";

import { Session } from "./runtime/session.js";

/** Files lie beside the script that is built from this one. */
const at = (path) => new URL(path, import.meta.url);
let runtime = null;
const opened = new Map();

/**
 * Return a model, which is loaded, verified and opened once.
 *
 * @param {string} name
 * @param {(what: string, done: number, all: number) => void} onProgress Called while files arrive,
 *   with the bytes so far and the bytes in all, 0 if these are not known.
 */
export function openModel(name, onProgress = () => {}) {
  if (!opened.has(name)) {
    const opening = open(name, onProgress);
    opening.catch(() => opened.delete(name)); // so that another try is possible
    opened.set(name, opening);
  }
  return opened.get(name);
}

/** Return what the models that are open say about themselves. */
export const openModels = async () => (await Promise.all(opened.values())).map(({ info }) => info);

async function open(name, onProgress) {
  runtime ??= loadRuntime((...sizes) => onProgress("ONNX Runtime", ...sizes));
  runtime.catch(() => (runtime = null));
  const file = load(`models/${name}.onnx`, (...sizes) => onProgress(name, ...sizes));
  const [content] = await Promise.all([file, runtime]);
  return Session.open(ort, content, `${name}.onnx`);
}

/**
 * Load the WebAssembly of ONNX Runtime.
 *
 * The build compresses it, because not every host compresses files of this kind.
 */
async function loadRuntime(onProgress) {
  if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") {
    throw new Error(
      "this browser cannot run the networks: they need WebAssembly with SIMD, which browsers " +
        "have had since 2023. Use a newer browser, or allow WebAssembly for this page",
    );
  }
  const packed = await load("ort.wasm.gz", onProgress);
  ort.env.wasm.wasmBinary = await unpack(packed);
  ort.env.wasm.numThreads = 1; // more would need headers that not every host can send
  ort.env.logLevel = "error";
}

/** Decompress a file, unless the server has told the browser to do it. */
async function unpack(bytes) {
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!packed) return bytes.buffer;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function load(path, onProgress) {
  let response;
  try {
    response = await fetch(at(path));
  } catch (error) {
    throw new Error(`cannot load ${path}: ${error.message}`);
  }
  if (!response.ok) throw new Error(`cannot load ${path}: the server answers ${response.status}`);
  const all = Number(response.headers.get("content-length"));
  const parts = [];
  let done = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done: end, value } = await reader.read();
    if (end) break;
    parts.push(value);
    done += value.length;
    onProgress(done, all);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
