// Verify the checksum at the end of a model file; see exprinfer/runtime/checksum.py.

/** Thrown if a file does not follow the model file contract. */
export class ModelFileError extends Error {}

const KEY = "checksum";
const DIGITS = 64;
/** The bytes before the digits: an entry of the model's metadata, as protobuf writes it. */
const HEAD = Uint8Array.from([
  (14 << 3) | 2,
  2 + KEY.length + 2 + DIGITS,
  (1 << 3) | 2,
  KEY.length,
  ...new TextEncoder().encode(KEY),
  (2 << 3) | 2,
  DIGITS,
]);

/**
 * Verify the checksum of a model file.
 *
 * @param {Uint8Array} content The file.
 * @param {string} name The name that errors begin with.
 * @returns {Promise<string>} The SHA-256 of the whole file, as `sha256sum` prints it.
 */
export async function verify(content, name) {
  const end = content.length - HEAD.length - DIGITS;
  const head = content.subarray(Math.max(0, end), Math.max(0, end) + HEAD.length);
  if (end < 0 || HEAD.some((byte, at) => head[at] !== byte)) {
    throw new ModelFileError(
      `${name} does not end in its checksum: it is cut short or not a model`,
    );
  }
  const computed = await sha256(content.subarray(0, end));
  const written = String.fromCharCode(...content.subarray(-DIGITS));
  if (computed !== written) {
    throw new ModelFileError(
      `${name} is damaged: its SHA-256 is ${computed.slice(0, 12)}..., ` +
        `but its checksum says ${written.slice(0, 12)}...`,
    );
  }
  return sha256(content);
}

async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) {
    throw new ModelFileError(
      "the model file cannot be verified: browsers compute SHA-256 only on pages that come " +
        "over HTTPS or from localhost",
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
