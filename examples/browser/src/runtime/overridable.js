// Turn an input with a default into a plain input.
//
// The tape machine's graph has the input `limit` with a default. onnxruntime-web accepts values only
// for inputs without one. So the default is left out of the copy in memory, after the file was
// verified; nothing else changes.

import { encodeField, fields, text } from "./protobuf.js";

/** Field numbers of ONNX. */
const GRAPH = 7;
const INITIALIZER = 5;
const TENSOR_NAME = 8;

/**
 * Return a model without the default of an input.
 *
 * @param {Uint8Array} model A serialized ONNX model.
 * @param {string} input The name of the input.
 */
export function withoutDefault(model, input) {
  const parts = [];
  for (const { field, bytes, begin, end } of fields(model)) {
    if (field === GRAPH && bytes) parts.push(...encodeField(GRAPH, graphWithout(bytes, input)));
    else parts.push(model.subarray(begin, end));
  }
  return join(parts);
}

function graphWithout(graph, input) {
  const parts = [];
  for (const { field, bytes, begin, end } of fields(graph)) {
    const isDefault = field === INITIALIZER && bytes && text(bytes, TENSOR_NAME) === input;
    if (!isDefault) parts.push(graph.subarray(begin, end));
  }
  return parts;
}

function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
