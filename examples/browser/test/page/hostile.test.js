// Hostile input is shown and never run, and the policy of the page forbids what it does not need.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, openPage, start } from "../chromium.js";

const session = await start();
const ATTACKS = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "<svg onload=alert(1)>",
  "javascript:alert(1)",
  "\"'><iframe srcdoc='<script>parent.alert(1)</script>'>",
  "{{constructor.constructor('alert(1)')()}}",
  "\u202e\u0000\u001b[2J</title><b>",
];
const elements = (page) => page.$$eval("img, script, iframe, b, svg[onload]", (all) => all.length);

test("a hostile expression is shown as text", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  const before = await elements(page);
  for (const attack of ATTACKS) {
    assert.match(await ask(page, attack), /^(unknown symbol|unexpected)/);
    await page.click("#work");
    await page.waitForFunction(() =>
      /unknown symbol|unexpected/.test(document.querySelector("#work-note").textContent),
    );
  }
  assert.equal(await elements(page), before);
  assert.deepEqual(page.problems, []);
});

test("hostile names of files and columns, and hostile cells, are shown as text", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  const before = await elements(page);
  const quoted = ATTACKS.map(
    (attack) => `"${attack.replaceAll('"', '""').replaceAll("\u0000", "")}"`,
  );
  const header = ["__proto__", "constructor", "expression", ...quoted].join();
  const rows = quoted.map((cell) => ["x", "toString", cell, ...quoted].join());
  const name = "<img src=x onerror=alert(1)>\u202e.csv";
  const buffer = Buffer.from([header, ...rows, ""].join("\n"));
  await page.setInputFiles("#file", { name, mimeType: "text/csv", buffer });
  await page.waitForFunction(() =>
    / rows: /.test(document.querySelector("#file-status").textContent),
  );
  const status = await page.textContent("#file-status");
  assert.ok(
    status.startsWith("<img src=x onerror=alert(1)>\\u202e.csv: 7 rows: 0 answered"),
    status,
  );
  assert.ok((await page.textContent("#scored")).includes("<svg onload=alert(1)>"));
  assert.equal(await elements(page), before);
  assert.equal(await page.evaluate(() => ({}).x), undefined);
  assert.deepEqual(page.problems, []);
});

test("the policy forbids other servers, inline scripts, eval and forms", async () => {
  const page = await openPage(session);
  await page.waitForSelector(".answer");
  const blocked = await page.evaluate(async () => {
    const found = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      found.push(event.effectiveDirective),
    );
    await fetch("https://example.org/").catch(() => {});
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    const image = new Image();
    image.src = "https://example.org/x.png";
    const style = document.createElement("div");
    style.setAttribute("style", "color: red");
    document.body.append(image, style);
    const timer = document.createElement("button");
    timer.setAttribute("onclick", "window.ran = true");
    document.body.append(timer);
    timer.click();
    try {
      new Worker("https://example.org/worker.js");
    } catch (error) {
      found.push(error.name);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { found: [...new Set(found)].sort(), ran: window.ran };
  });
  assert.equal(blocked.ran, undefined);
  const expected = [
    "connect-src",
    "img-src",
    "script-src-attr",
    "script-src-elem",
    "style-src-attr",
  ];
  for (const directive of expected)
    assert.ok(blocked.found.includes(directive), `${blocked.found}`);
});
