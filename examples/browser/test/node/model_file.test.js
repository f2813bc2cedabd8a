import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { encode } from "../../src/language/tokenizer.js";
import { ModelFileError, verify } from "../../src/runtime/checksum.js";
import { readInfo } from "../../src/runtime/model_info.js";
import { withoutDefault } from "../../src/runtime/overridable.js";
import { fields } from "../../src/runtime/protobuf.js";
import { edited, open, read } from "../models.js";

for (const name of ["exact", "longhand", "gist"]) {
  test(`${name} is verified, and damage is found`, async () => {
    const content = read(name);
    const sha256 = createHash("sha256").update(content).digest("hex");
    assert.equal(await verify(content, name), sha256);
    for (const at of [0, 1_000, content.length - 100, content.length - 1]) {
      const damaged = content.slice();
      damaged[at] ^= 1;
      await assert.rejects(verify(damaged, name), ModelFileError);
    }
    for (const cut of [0, 10, 77, 78, content.length - 1]) {
      await assert.rejects(verify(content.subarray(0, cut), name), ModelFileError);
    }
  });
}

test("the metadata says what a model is", () => {
  const { states, ...info } = readInfo(read("longhand"), "longhand");
  assert.equal(states.length, 172);
  assert.deepEqual(Object.keys(states[0]), ["name", "operation", "sign"]);
  assert.deepEqual(info.tapes, ["input", "first", "second", "answer"]);
  assert.deepEqual([info.name, info.domain, info.longestInput], ["longhand", 2, 2_048]);
  assert.equal("certifiedDomain" in info, false); // only a certificate says that
});

test("a file of another version, or with other symbols, is refused", () => {
  const symbols = edited("exact", ["0123456789+-/*()", "0123456789+-*/()"]);
  assert.throws(() => readInfo(symbols, "exact"), /its symbols are not those of this page/);
  const version = edited("exact", ["format_version", "format_revision".slice(0, 14)]);
  assert.throws(() => readInfo(version, "exact"), /lacks format_version/);
});

test("only the default of the limit is left out of the copy in memory", () => {
  const content = read("longhand");
  const copy = withoutDefault(content, "limit");
  const missing = content.length - copy.length;
  assert.ok(missing > 0 && missing < 100, `${missing} bytes`);
  assert.equal([...fields(copy)].length, [...fields(content)].length);
  assert.equal(withoutDefault(content, "no such input").length, content.length);
});

test("a limit stops the machine", async () => {
  const model = await open("longhand");
  const { steps } = await model.answer([encode("123*456")], 5n);
  assert.deepEqual([...steps], [5n]);
});
