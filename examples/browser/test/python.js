// Run Python with the exprinfer of this checkout. PYTHON names the interpreter.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Run Python and return what it prints.
 *
 * @param {string[]} args
 * @param {number[]} codes Exit codes that are no failure.
 */
export function python(args, codes = [0]) {
  const env = { ...process.env, PYTHONPATH: REPOSITORY };
  const options = { cwd: REPOSITORY, env, encoding: "utf8", maxBuffer: 2 ** 30 };
  const done = spawnSync(process.env.PYTHON ?? "python3", args, options);
  if (!codes.includes(done.status)) {
    const reason = done.error?.message ?? done.stderr;
    throw new Error(`set PYTHON to a Python in which exprinfer[files] is installed: ${reason}`);
  }
  return done.stdout;
}

/** Return what Python prints, as the values of its JSON lines. */
export const pythonLines = (...args) =>
  python(args.map(String)).trimEnd().split("\n").map(JSON.parse);
