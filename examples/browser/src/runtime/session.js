// A model file open in onnxruntime-web: verified first, then run.

import { decode, pad } from "../language/tokenizer.js";
import { certification } from "./certificates.js";
import { ModelFileError, verify } from "./checksum.js";
import { readInfo } from "./model_info.js";
import { withoutDefault } from "./overridable.js";

/** A limit of more steps than any model takes. */
export const UNLIMITED = 2n ** 62n;
const LIMIT = "limit";

/**
 * Runs one model file.
 *
 * @property {object} info What the file says about itself; `info.sha256` is that of the whole file,
 *   `info.certifiedDomain` and `info.certifiedHere` come from its certificate.
 */
export class Session {
  /**
   * Verify and open a model file.
   *
   * @param {object} ort onnxruntime-web, with its WebAssembly set up.
   * @param {Uint8Array} content The file.
   * @param {string} name The name that errors begin with.
   */
  static async open(ort, content, name) {
    const sha256 = await verify(content, name);
    const read = readInfo(content, name);
    const certified = certification(read, sha256, name);
    const info = { ...read, ...certified, sha256, bytes: content.length };
    const graph = info.tapes.length ? withoutDefault(content, LIMIT) : content;
    const options = { executionProviders: ["wasm"], logSeverityLevel: 3 };
    const session = await ort.InferenceSession.create(graph, options);
    return new Session(ort, session, info);
  }

  constructor(ort, session, info) {
    Object.assign(this, { ort, session, info });
  }

  /**
   * Answer a batch.
   *
   * @param {Uint8Array[]} rows The token ids of each text.
   * @param {bigint} limit Steps after which a tape machine stops.
   * @returns {Promise<{texts: string[], logProbs: Float32Array, steps: BigInt64Array | undefined}>}
   */
  async answer(rows, limit = UNLIMITED) {
    const tapes = this.info.tapes.length > 0;
    const names = ["answer", "log_prob", ...(tapes ? ["steps"] : [])];
    const outputs = await this.fetch(rows, [limit], names);
    const { data, dims } = outputs.answer;
    if (dims[0] !== rows.length || outputs.log_prob.data.length !== rows.length) {
      throw new ModelFileError(`${this.info.name} returns another number of rows`);
    }
    const texts = rows.map((_, row) => decode(data.subarray(row * dims[1], (row + 1) * dims[1])));
    return { texts, logProbs: outputs.log_prob.data, steps: outputs.steps?.data };
  }

  /** Run the graph once and return the outputs with these names as tensors. */
  async fetch(rows, limits, names) {
    const { tokens, time } = pad(rows);
    const int64 = (data, dims) => new this.ort.Tensor("int64", data, dims);
    const feed = { tokens: int64(tokens, [rows.length, time]) };
    if (this.info.tapes.length) {
      feed[LIMIT] = int64(BigInt64Array.from(limits), [limits.length]);
    }
    return this.session.run(feed, names);
  }
}
