// Open the shipped model files in Node, by the same WebAssembly as in a browser.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as ort from "onnxruntime-web/wasm";

import { Session } from "../src/runtime/session.js";

const WASM = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(WASM);

/** Bytes of the entry that holds the checksum. */
const CHECKSUM = 78;
const opened = new Map();

/** Return the bytes of a shipped model. */
export const read = (name) =>
  new Uint8Array(readFileSync(new URL(`../../../models/${name}/model.onnx`, import.meta.url)));

/** Return a model file with other bytes in place of some, and a checksum that fits. */
export function edited(name, ...changes) {
  const content = Buffer.from(read(name));
  for (const [from, to] of changes) {
    const at = content.indexOf(from);
    if (at < 0 || from.length !== to.length) throw new Error(`${name}: cannot change ${from}`);
    content.set(Buffer.from(to), at);
  }
  return sealed(content);
}

/** Return a model file with one more entry in its metadata, and a checksum that fits. */
export function claiming(name, key, value) {
  const content = Buffer.from(read(name));
  const field = (number, bytes) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const entry = Buffer.concat([field(1, Buffer.from(key)), field(2, Buffer.from(value))]);
  const [graph, checksum] = [content.subarray(0, -CHECKSUM), content.subarray(-CHECKSUM)];
  return sealed(Buffer.concat([graph, field(14, entry), checksum]));
}

/** Write the checksum at the end of a file again. */
function sealed(content) {
  const digits = createHash("sha256").update(content.subarray(0, -CHECKSUM)).digest("hex");
  content.write(digits, content.length - digits.length);
  return new Uint8Array(content);
}

/** Open a model file. */
export const openFile = (content, name) => Session.open(ort, content, name);

/** Return a model, which is opened once. */
export function open(name) {
  if (!opened.has(name)) opened.set(name, openFile(read(name), name));
  return opened.get(name);
}
