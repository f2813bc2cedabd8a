// Run Python with the exprinfer of this checkout. PYTHON names the interpreter.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** Return what a Python module prints, as the values of its JSON lines. */
export function pythonLines(...args) {
  const env = { ...process.env, PYTHONPATH: REPOSITORY };
  const options = { cwd: REPOSITORY, env, encoding: "utf8", maxBuffer: 2 ** 30 };
  const done = spawnSync(process.env.PYTHON ?? "python3", args.map(String), options);
  if (done.status !== 0) {
    const reason = done.error?.message ?? done.stderr;
    throw new Error(`set PYTHON to a Python in which exprinfer is installed: ${reason}`);
  }
  return done.stdout.trimEnd().split("\n").map(JSON.parse);
}
