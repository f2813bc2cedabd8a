import assert from "node:assert/strict";
import { test } from "node:test";

import { openPage, start } from "../chromium.js";

const session = await start();

test("exact answers 475,200 of 475,200 in the browser, and gist a sample", async (t) => {
  const page = await openPage(session);
  page.setDefaultTimeout(600_000);
  await page.waitForSelector(".answer");
  await page.click("#check-start");
  await page.waitForFunction(() =>
    /, a sample\.$/.test(document.querySelector("#check-status").textContent),
  );
  const status = await page.textContent("#check-status");
  t.diagnostic(status);
  assert.match(status, /^exact: 475,200 of 475,200 right/);
  const [, right, all] = /gist: ([\d,]+) of ([\d,]+) right/.exec(status);
  const share = Number(right.replace(",", "")) / Number(all.replace(",", ""));
  assert.ok(all === "3,468" && share > 0.2 && share < 0.35, status);
  // Every point of the maps has a color, but for the line b = 0.
  const empty = await page.$$eval("#check-exact canvas", (maps) =>
    maps.map((map) => {
      const { data } = map.getContext("2d").getImageData(0, 0, map.width, map.height);
      return data.filter((value, index) => index % 4 === 3 && value === 0).length;
    }),
  );
  assert.deepEqual(empty, [200, 200, 200, 200]);
  assert.match(await page.textContent("#check-exact figcaption"), /^a \+ b: 100\.00% right$/);
  assert.deepEqual(page.problems, []);
});

test("the page answers during a check, which can be stopped", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  await page.click("#check-start");
  await page.waitForFunction(() => document.querySelector("#check-exact progress")?.value > 0);
  await page.fill("#expression", "7*8");
  await page.waitForFunction(() => document.querySelector(".answer")?.textContent === "= 56");
  await page.click("#check-stop");
  await page.waitForFunction(() =>
    /ended early/.test(document.querySelector("#check-status").textContent),
  );
  assert.ok(await page.isEnabled("#check-start"));
});
