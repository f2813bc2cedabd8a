import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { exactValue } from "../../src/reference.js";
import { openPage, start } from "../chromium.js";
import { wholeExpressions } from "../whole_expressions.js";

const session = await start();

/** Put a file into the page and wait for its results. */
async function score(page, name, content) {
  await page.setInputFiles("#file", { name, mimeType: "text/plain", buffer: Buffer.from(content) });
  await page.waitForFunction(() =>
    / rows: .* certified/.test(document.querySelector("#file-status").textContent),
  );
  return page.textContent("#file-status");
}

async function download(page, label) {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.click(`text=Download as ${label}`),
  ]);
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

test("longhand is right on 1,000 whole expressions of a file", async (t) => {
  const page = await openPage(session);
  const texts = wholeExpressions(1_300, 2)
    .filter((text) => exactValue(text) !== null && /[-+*/].*[-+*/(]/.test(text.slice(1)))
    .slice(0, 1_000);
  assert.equal(texts.length, 1_000);
  const lines = texts.map((text) => `${text} = ${exactValue(text)}\n`);
  const status = await score(page, "whole.txt", lines.join(""));
  t.diagnostic(status);
  assert.match(status, /1,000 rows: 1,000 answered, 1,000 of them certified/);
  assert.match(status, /the models' answers right: 1,000 of 1,000$/);
  const { name, text } = await download(page, "JSON Lines");
  assert.equal(name, "whole-results.jsonl");
  const rows = text.trimEnd().split("\n").map(JSON.parse);
  const models = rows.filter((row) => row.model === "longhand").length;
  assert.ok(models > 950, `${models} of them by longhand`);
  assert.ok(rows.every((row) => row.right && row.given_right && row.error === null));
});

test("a table keeps its columns and gets those of the results", async () => {
  const page = await openPage(session);
  const status = await score(page, "sums.csv", "item,sum\na,5+3\nb,7*-9\nc,1/0\nd\n");
  assert.match(
    status,
    /4 rows: 2 answered, 2 of them certified; division_by_zero 1; malformed_row 1$/,
  );
  const { name, text } = await download(page, "CSV");
  assert.equal(name, "sums-results.csv");
  const [header, first, , third] = text.split("\r\n");
  assert.equal(
    header,
    "item,sum,answer,value,log_prob,certified,model,error,message,position,read_as",
  );
  assert.match(first, /^a,5\+3,8,8,-0\.000\d+,True,exact,,,,$/);
  assert.equal(third, "c,1/0,,,,False,longhand,division_by_zero,division by zero at position 2,2,");
});

test("a dropped file is scored", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["1+1\n2+2\n"], "dropped.txt"));
    const options = { dataTransfer, bubbles: true, cancelable: true };
    document.querySelector("#drop").dispatchEvent(new DragEvent("drop", options));
  });
  await page.waitForFunction(() =>
    /dropped.txt: 2 rows: 2 answered/.test(document.querySelector("#file-status").textContent),
  );
});

test("a file that cannot be scored says why", async () => {
  const page = await openPage(session);
  const file = { name: "x.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") };
  await page.setInputFiles("#file", file);
  await page.waitForFunction(() =>
    /none holds expressions/.test(document.querySelector("#file-status").textContent),
  );
  assert.ok(await page.isHidden("#scored"));
});
