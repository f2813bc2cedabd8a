// Open the shipped model files in Node, by the same WebAssembly as in a browser.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";

import { Session } from "../src/runtime/session.js";

const WASM = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(WASM);

const opened = new Map();

/** Return the bytes of a shipped model. */
export const read = (name) =>
  new Uint8Array(readFileSync(new URL(`../../../models/${name}/model.onnx`, import.meta.url)));

/** Return a model, which is opened once. */
export function open(name) {
  if (!opened.has(name)) opened.set(name, Session.open(ort, read(name), name));
  return opened.get(name);
}
