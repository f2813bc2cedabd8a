// Every view in light and dark, on a desktop and on a phone: nothing sticks out, nothing keeps a
// reader out (by the rules of axe-core), and a picture of each.
//
// SCREENSHOTS names a folder for the pictures of the documentation.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";

import { ask, DESKTOP, openPage, PHONE, start } from "../chromium.js";

const axe = createRequire(import.meta.url)("axe-core").source;
const session = await start();
const FOLDER = process.env.SCREENSHOTS;
const RESULTS = "5+3 = 8\n7*-9 = -64\n123456*654321\n1/(2-2)\n2(3+4)\n-(66+-19) = -47\n";

/** Show every view with something in it. */
async function fill(page) {
  await page.waitForSelector(".answer");
  await ask(page, "12+3*(4-567)");
  await page.click("#work");
  await page.waitForSelector("#machine .strip");
  await page.$eval("#machine [type=range]", (range) => {
    range.value = 45;
    range.dispatchEvent(new Event("input"));
  });
  const file = { name: "sums.txt", mimeType: "text/plain", buffer: Buffer.from(RESULTS) };
  await page.setInputFiles("#file", file);
  await page.waitForSelector("#scored table");
}

/** Check enough points for a picture that shows both maps, and stop. */
async function fillMaps(page) {
  await page.click("#check-start");
  await page.waitForFunction(
    () => /, a sample\.$/.test(document.querySelector("#check-status").textContent),
    null,
    {
      timeout: 600_000,
    },
  );
}

/** Take a picture for the documentation: on a desktop in light colors, on a phone in dark ones. */
async function picture(page, selector, name) {
  const wanted = /desktop-light|phone-dark/.test(name);
  if (FOLDER && wanted)
    await page.locator(selector).screenshot({ path: join(FOLDER, `${name}.png`) });
}

for (const [device, shape] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every view on a ${device}, ${colorScheme}`, async () => {
      const page = await openPage(session, { ...shape, colorScheme, reducedMotion: "reduce" });
      await fill(page);
      const views = { "#evaluate": "evaluate", "#working": "working", "#files": "files" };
      for (const [selector, name] of Object.entries(views)) {
        await picture(page, selector, `${name}-${device}-${colorScheme}`);
      }
      await ask(page, "25*(3-x)");
      await picture(page, "#evaluate", `error-${device}-${colorScheme}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels stick out`);
      await page.click("#check-start");
      await page.waitForFunction(() => document.querySelector("#check-exact progress")?.value > 0);
      await page.click("#check-stop");
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      const found = violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join()}`,
      );
      assert.deepEqual(found, []);
      assert.deepEqual(page.problems, []);
    });
  }
}

test("the maps", { skip: !FOLDER }, async () => {
  for (const [device, shape] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    const colorScheme = device === "phone" ? "dark" : "light";
    const page = await openPage(session, { ...shape, colorScheme });
    await page.waitForSelector(".answer");
    await fillMaps(page);
    await picture(page, "#check", `check-${device}-${colorScheme}`);
  }
});
