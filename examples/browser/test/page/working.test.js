import assert from "node:assert/strict";
import { test } from "node:test";

import { DESKTOP, openPage, start } from "../chromium.js";

const session = await start();
const position = (page) => page.textContent("#machine output");
const tapes = (page) =>
  page.$$eval("#machine .strip", (strips) => strips.map((strip) => strip.textContent.trim()));

test("the working of 25*-34 plays to its end", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  await page.click("#work");
  await page.waitForFunction(
    () => document.querySelector("#machine output")?.textContent === "23 / 23",
  );
  assert.equal((await tapes(page))[3], "-850");
  assert.match(await page.textContent(".operations [aria-current]"), /^25\*-34 = -850/);
  assert.equal(await page.getAttribute("#machine button:nth-child(3)", "aria-label"), "Play");
  assert.deepEqual(page.problems, []);
});

test("with reduced motion nothing moves by itself, and every control works by keyboard", async () => {
  const page = await openPage(session, { ...DESKTOP, reducedMotion: "reduce" });
  await page.waitForSelector(".answer");
  await page.fill("#expression", "2*(3+4)");
  await page.focus("#work");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#machine .strip");
  assert.equal(await position(page), "0 / 20");
  assert.equal((await tapes(page))[0], "2*(3+4)");
  await page.focus("#machine [aria-label='One step on']");
  await page.keyboard.press("Space");
  await page.keyboard.press("Space");
  assert.equal(await position(page), "2 / 20");
  await page.focus("#machine [aria-label='Step']");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await position(page), "1 / 20");
  await page.keyboard.press("End");
  assert.equal(await position(page), "20 / 20");
  assert.equal((await tapes(page))[3], "14");
  await page.focus(".operations button");
  await page.keyboard.press("Enter");
  assert.equal(await position(page), "11 / 20");
  assert.match(await page.textContent("#machine [aria-live]"), /^step 11 of 20, state .*input: /);
  const duration = await page.$eval(
    ".strip",
    (strip) => getComputedStyle(strip).transitionDuration,
  );
  assert.equal(duration, "0s");
});

test("the head stays under the cell that is looked at", async () => {
  const page = await openPage(session, { ...DESKTOP, reducedMotion: "reduce" });
  await page.waitForSelector(".answer");
  await page.click("#work");
  await page.waitForSelector("#machine .strip");
  for (let step = 0; step < 24; step++) {
    const off = await page.$$eval("#machine .look", (cells) =>
      cells.map((cell) => {
        const middle = (box) => box.left + box.width / 2;
        const window = cell.closest(".window").getBoundingClientRect();
        return Math.abs(middle(cell.getBoundingClientRect()) - middle(window));
      }),
    );
    for (const distance of off) assert.ok(distance < 3, `step ${step}: ${distance} pixels`);
    await page.click("#machine [aria-label='One step on']");
  }
});

test("the working is that of the text that was read", async () => {
  const page = await openPage(session, { ...DESKTOP, reducedMotion: "reduce" });
  await page.waitForSelector(".answer");
  await page.check("#normalize");
  await page.fill("#expression", " 2 × (3 − 4) =");
  await page.click("#work");
  await page.waitForSelector("#machine .strip");
  assert.equal((await tapes(page))[0], "2*(3-4)");
});

test("an expression without an answer has no working", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  await page.fill("#expression", "1/0");
  await page.click("#work");
  await page.waitForFunction(() =>
    /division by zero/.test(document.querySelector("#work-note").textContent),
  );
  assert.ok(await page.isHidden("#machine"));
});

test("an expression that takes too many steps has no working", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  await page.fill("#expression", `${"9".repeat(40)}*${"9".repeat(40)}`);
  await page.click("#work");
  await page.waitForFunction(() =>
    /needs more than 2,000 steps/.test(document.querySelector("#work-note").textContent),
  );
});
