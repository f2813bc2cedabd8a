// What a model file says about itself, read from its metadata and checked.

import tables from "../language/tables.js";
import { ModelFileError } from "./checksum.js";
import { fields, text } from "./protobuf.js";

/** Field numbers of ONNX. */
const METADATA = 14;
const [KEY, VALUE] = [1, 2];
const DEFAULT_OPERANDS = JSON.stringify(tables.operands);

/**
 * Read the metadata of a model file.
 *
 * @param {Uint8Array} content The file.
 * @param {string} file The name that errors begin with.
 * @throws {ModelFileError} If the metadata does not follow the contract.
 */
export function readInfo(content, file) {
  const metadata = new Map();
  for (const { field, bytes } of fields(content)) {
    if (field === METADATA && bytes) metadata.set(text(bytes, KEY), text(bytes, VALUE));
  }
  const required = (key) => {
    if (!metadata.has(key)) throw new ModelFileError(`${file}: the metadata lacks ${key}`);
    return metadata.get(key);
  };
  const version = required("format_version");
  if (version !== tables.formatVersion) {
    throw new ModelFileError(
      `${file} has format version ${version}, this page reads ${tables.formatVersion}`,
    );
  }
  if (required("symbols") !== tables.symbols) {
    throw new ModelFileError(`${file}: its symbols are not those of this page`);
  }
  const json = (key, missing) => JSON.parse(metadata.get(key) ?? missing);
  const { a, b } = json("operands", DEFAULT_OPERANDS);
  if (JSON.stringify({ a, b }) !== DEFAULT_OPERANDS) {
    throw new ModelFileError(`${file}: this page knows other ranges of operands`);
  }
  const domain = tables.domains.indexOf(required("domain"));
  return {
    name: required("name"),
    version: required("version"),
    longestInput: Number(required("longest_input")),
    domain,
    checked: Number(required("checked")),
    right: Number(required("right")),
    tapes: json("tapes", "[]"),
    states: json("states", "[]"),
  };
}
