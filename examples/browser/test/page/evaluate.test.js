import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, openPage, start } from "../chromium.js";

const session = await start();
const page = await openPage(session);

test("the first answer is there without a click", async () => {
  await page.waitForSelector(".answer");
  assert.equal(await page.textContent(".answer"), "= -850");
  assert.match(await page.textContent(".facts"), /✓ certified.*sure.*99\.\d\d%.*model.*exact/);
  assert.match(await page.textContent("#models"), /exact.*✓ [0-9a-f]{16}….*475,200 of 475,200/);
});

test("an expression beyond the small domain goes to longhand", async () => {
  assert.equal(await ask(page, "123456789*-987654321"), "= -121932631112635269");
  assert.match(await page.textContent(".facts"), /✓ certified.*longhand/);
  assert.match(await page.textContent("#models"), /longhand/);
});

test("an error has a caret under its place", async () => {
  assert.equal(await ask(page, "7/(2-2)"), "division by zero at position 2");
  assert.equal(await page.textContent(".place mark"), "(");
  assert.match(await ask(page, "1+😀+２"), /^unknown symbol '\\U0001f600' at position 2/);
  assert.equal(await page.textContent(".place mark"), "😀");
  assert.equal(
    await ask(page, "(1+2"),
    "unexpected end of input at position 4: 1 bracket is not closed",
  );
  assert.equal(await page.textContent(".place mark"), "\u00a0");
  assert.equal(await ask(page, ""), "empty: there is no expression");
});

test("the caret stands under the character", async () => {
  await ask(page, "12345x");
  const inside = await page.evaluate(() => {
    const mark = document.querySelector(".place mark");
    const box = mark.getBoundingClientRect();
    const before = document.createRange();
    before.selectNodeContents(mark.previousSibling);
    return Math.abs(before.getBoundingClientRect().right - box.left) < 2 && box.width > 0;
  });
  assert.ok(inside);
  const caret = await page.evaluate(
    () => getComputedStyle(document.querySelector(".place mark"), "::after").content,
  );
  assert.equal(caret, '"^"');
});

test("other notations are read if the box is checked", async () => {
  assert.match(await ask(page, "2 × (3 − 4)"), /^unknown symbol/);
  await page.check("#normalize");
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent === "= -2");
  assert.match(await page.textContent(".facts"), /read as.*2\*\(3-4\)/);
  await page.uncheck("#normalize");
});

test("what is typed fast ends with the last answer", async () => {
  await page.fill("#expression", "");
  await page.type("#expression", "12*34+56*(78-90)", { delay: 5 });
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent === "= -264");
});

test("an expression that takes long is stopped while it is typed", async () => {
  const nines = "9".repeat(200);
  assert.match(
    await ask(page, `${nines}*${nines}`),
    /^too costly: it needs more than 20,000 steps/,
  );
});

test("a screen reader hears the answer when typing pauses", async () => {
  await ask(page, "6*7");
  await page.waitForFunction(() =>
    document.querySelector("#announcement").textContent.startsWith("= 42, ✓ certified"),
  );
  assert.equal(await page.getAttribute("#announcement", "aria-live"), "polite");
});

test("nothing is asked from another server, and nothing goes wrong", () => {
  assert.deepEqual(page.problems, []);
  for (const url of page.requests) assert.ok(url.startsWith(session.server.url), url);
});
