import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { Evaluator } from "../../src/evaluator.js";
import tables from "../../src/language/tables.js";
import { certification } from "../../src/runtime/certificates.js";
import { ModelFileError } from "../../src/runtime/checksum.js";
import { claiming, open, openFile } from "../models.js";

const MODELS = new URL("../../../../models/", import.meta.url);
const SHA256 = "0".repeat(64);
const INFO = { name: "some", version: "1.0", domain: 1 };
const CERTIFICATE = {
  file_sha256: SHA256,
  model: "some",
  version: "1.0",
  domain: "seed",
  devices: ["cpu"],
};
const certify = (changes) =>
  certification(INFO, SHA256, "some.onnx", [{ ...CERTIFICATE, ...changes }]);

for (const name of readdirSync(MODELS)) {
  test(`${name} is certified as its certificate says`, async () => {
    const content = readFileSync(new URL(`${name}/certificate.json`, MODELS), "utf8");
    const certificate = JSON.parse(content);
    const { info } = await open(name);
    assert.equal(info.sha256, certificate.file_sha256);
    assert.equal(tables.domains[info.certifiedHere], certificate.domain);
  });
}

test("a changed file is not certified, whatever its metadata says", async () => {
  const changed = await openFile(claiming("exact", "certified_domain", "seed"), "exact");
  const ask = (model) => new Evaluator(["exact"], async () => model).evaluate("25*-34");
  const { answer, certified } = await ask(changed);
  assert.deepEqual([answer, certified], ["-850", false]);
  assert.equal((await ask(await open("exact"))).certified, true);
});

test("a certificate counts for its file and its devices only", () => {
  assert.deepEqual(certify({}), { certifiedDomain: 1, certifiedHere: 1 });
  assert.deepEqual(certify({ devices: ["cuda"] }), { certifiedDomain: 1, certifiedHere: 0 });
  assert.deepEqual(certify({ domain: "none" }), { certifiedDomain: 0, certifiedHere: 0 });
  const other = certify({ file_sha256: "1".repeat(64) });
  assert.deepEqual(other, { certifiedDomain: 0, certifiedHere: 0 });
});

test("a certificate that describes another model is an error", () => {
  assert.throws(() => certify({ version: "2.0" }), ModelFileError);
  assert.throws(() => certify({ model: "other" }), /its certificate is about other 1\.0/);
  assert.throws(() => certify({ domain: "whole" }), /certificate certifies the whole domain/);
});
