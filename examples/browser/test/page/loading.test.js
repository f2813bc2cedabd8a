// What is loaded, how long the first answer takes, and what is said if something is missing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openPage, start, UNTRUSTED } from "../chromium.js";

const session = await start();
const MEGABYTE = 2 ** 20;
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0);
const firstAnswer = async (page) => {
  await page.waitForSelector(".answer");
  return page.textContent("#timing");
};

test("the first visit loads less than 6 MB, the second one only the page, or nothing", async (t) => {
  session.served.length = 0;
  const page = await openPage(session);
  await firstAnswer(page);
  await page.waitForFunction(() =>
    /First answer/.test(document.querySelector("#timing").textContent),
  );
  const names = session.served.map(({ path }) => path);
  const first = session.served.slice(0, names.indexOf("/sw.js")); // what the first answer waits for
  t.diagnostic(
    `first visit: ${sum(first)} bytes in ${first.length} files; ${await page.textContent("#timing")}`,
  );
  assert.ok(sum(first) < 6 * MEGABYTE);
  assert.ok(!names.slice(0, first.length).some((path) => /longhand|gist/.test(path)));

  session.served.length = 0;
  await page.reload();
  await page.waitForFunction(() =>
    /First answer/.test(document.querySelector("#timing").textContent),
  );
  t.diagnostic(`second visit: ${sum(session.served)} bytes; ${await page.textContent("#timing")}`);
  assert.ok(sum(session.served) < 20_000, JSON.stringify(session.served));

  await page.context().setOffline(true);
  await page.reload();
  await page.fill("#expression", "123456*654321");
  await page.waitForFunction(
    () => document.querySelector(".answer")?.textContent === "= 80779853376",
  );
  t.diagnostic("without the network: the page opens, and longhand answers");
});

const MISSING = {
  "WebAssembly cannot be had": [
    (page) => page.route("**/worker.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `WebAssembly = undefined;${await response.text()}` });
    }),
    /this browser cannot run the networks/,
  ],
  "a model is missing": [
    (page) => page.route("**/exact.onnx", (route) => route.fulfill({ status: 404 })),
    /cannot load models\/exact\.onnx: the server answers 404/,
  ],
  "a model is damaged": [
    (page) => page.route("**/exact.onnx", async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body[5_000] ^= 1;
      await route.fulfill({ response, body });
    }),
    /exact\.onnx is damaged: its SHA-256 is/,
  ],
  "a model is cut short": [
    (page) => page.route("**/exact.onnx", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: {}, body: (await response.body()).subarray(0, 9_999) });
    }),
    /does not end in its checksum/,
  ],
  "ONNX Runtime cannot be loaded": [
    (page) => page.route("**/ort.wasm.gz", (route) => route.abort()),
    /cannot load ort\.wasm\.gz/,
  ],
}; // prettier-ignore

for (const [what, [prepare, message]] of Object.entries(MISSING)) {
  test(`the page says so if ${what}`, async () => {
    const page = await openPage(session, { serviceWorkers: "block" }, prepare);
    await page.waitForSelector("#notice:not([hidden])");
    assert.match(await page.textContent("#notice"), message);
  });
}

test("the page recovers when a file can be loaded again", async () => {
  let missing = true;
  const prepare = (page) =>
    page.route("**/exact.onnx", (route) => (missing ? route.abort() : route.continue()));
  const page = await openPage(session, { serviceWorkers: "block" }, prepare);
  await page.waitForSelector("#notice:not([hidden])");
  missing = false;
  await page.fill("#expression", "6*7");
  await page.waitForSelector(".answer");
  assert.ok(await page.isHidden("#notice"));
});

test("a server that unpacks the WebAssembly by itself is no problem", async () => {
  const prepare = (page) =>
    page.route("**/ort.wasm.gz", async (route) => {
      const { gunzipSync } = await import("node:zlib");
      const response = await route.fetch();
      const headers = { "content-type": "application/wasm" };
      await route.fulfill({ headers, body: gunzipSync(await response.body()) });
    });
  const page = await openPage(session, { serviceWorkers: "block" }, prepare);
  await firstAnswer(page);
});

test("without HTTPS the page says why it cannot verify the files", async () => {
  const page = await openPage(session, { host: UNTRUSTED });
  await page.waitForSelector("#notice:not([hidden])");
  assert.match(await page.textContent("#notice"), /cannot be verified.*HTTPS or from localhost/);
});
