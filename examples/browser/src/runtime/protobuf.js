// Read the fields of a protobuf message, as far as model files need it.

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 };
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Yield the fields of a message.
 *
 * @param {Uint8Array} message
 * @returns {Generator<{field: number, bytes: Uint8Array | null, begin: number, end: number}>}
 *   The number of each field, its content if it has a length, and where it begins and ends.
 */
export function* fields(message) {
  let at = 0;
  while (at < message.length) {
    const begin = at;
    let key, size;
    [key, at] = varint(message, at);
    const wire = key % 8;
    if (wire === WIRE.varint) [size, at] = [0, varint(message, at)[1]];
    else if (wire === WIRE.bytes) [size, at] = varint(message, at);
    else if (wire === WIRE.fixed64) size = 8;
    else if (wire === WIRE.fixed32) size = 4;
    else throw new RangeError("not a protobuf message");
    const end = at + size;
    if (end > message.length) throw new RangeError("a protobuf message is cut short");
    const bytes = wire === WIRE.bytes ? message.subarray(at, end) : null;
    yield { field: Math.floor(key / 8), bytes, begin, end };
    at = end;
  }
}

/** Return the text of the first field with a number, or "". */
export function text(message, number) {
  for (const { field, bytes } of fields(message)) {
    if (field === number && bytes) return decoder.decode(bytes);
  }
  return "";
}

/** Return a field with a length as protobuf writes it. */
export function encodeField(number, parts) {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return [encodeVarint(number * 8 + WIRE.bytes), encodeVarint(size), ...parts];
}

function varint(message, at) {
  let value = 0;
  let weight = 1; // numbers, not bits: sizes may have more than 31 bits
  for (;;) {
    const byte = message[at++];
    if (byte === undefined) throw new RangeError("a protobuf message is cut short");
    value += (byte & 127) * weight;
    if (byte < 128) return [value, at];
    weight *= 128;
  }
}

function encodeVarint(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.from([...bytes, value]);
}
