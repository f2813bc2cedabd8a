// A page in a real headless Chromium. CHROMIUM names the program.

import { after } from "node:test";

import { chromium } from "playwright-core";

import { serve } from "../serve.js";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** The sandbox of Chromium does not work for root. */
const SANDBOX = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
/** A name of this machine that browsers do not trust as they trust localhost. */
export const UNTRUSTED = "page.test";
const MAPPED = `--host-resolver-rules=MAP ${UNTRUSTED} 127.0.0.1`;
/** Milliseconds; a busy machine needs long to compile WebAssembly. */
const PATIENCE = 120_000;
/** A phone in common use. */
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 1.5,
  isMobile: true,
};
export const DESKTOP = { viewport: { width: 1100, height: 900 } };

/** Start a server and a browser that end with the tests of a file. */
export async function start() {
  const served = [];
  const server = await serve(0, (path, bytes) => served.push({ path, bytes }));
  const browser = await chromium.launch({ executablePath: PROGRAM, args: [...SANDBOX, MAPPED] });
  after(async () => {
    await browser.close();
    server.close();
  });
  return { browser, server, served };
}

/**
 * Open the page in a context of its own.
 *
 * @returns {Promise<import("playwright-core").Page & {problems: string[], requests: string[]}>} The
 *   page, with the errors of its console and the addresses that it asked for.
 */
export async function openPage({ browser, server }, options = DESKTOP, prepare = async () => {}) {
  const { host, ...shape } = options;
  const context = await browser.newContext(shape);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  watch(page);
  await prepare(page, context);
  await page.goto(host ? server.url.replace("127.0.0.1", host) : server.url);
  return page;
}

/** Collect what a page complains about and what it asks for. */
export function watch(page) {
  page.problems = [];
  page.requests = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("dialog", (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.context().on("request", (request) => page.requests.push(request.url()));
}

/** Type an expression and return the answer or the message. */
export async function ask(page, text) {
  await page.evaluate(() => document.querySelector("#result").replaceChildren());
  await page.fill("#expression", text);
  await page.waitForSelector("#result .answer, #result .message");
  return page.textContent("#result .answer, #result .message");
}
