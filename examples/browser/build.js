// Build the static page into dist/.
//
//     npm run build
//
// index.html and sw.js lie in dist/. Everything else lies in a folder whose name is a hash of all
// content, so files of two versions never mix and may be cached for ever.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const STAGE = join(DIST, "stage");
const MODELS = ["exact", "longhand", "gist"];
const require = createRequire(import.meta.url);
const source = (name) => join(HERE, "src", name);

rmSync(DIST, { recursive: true, force: true });
mkdirSync(join(STAGE, "models"), { recursive: true });

await build({
  entryPoints: {
    main: source("page/main.js"),
    worker: source("worker.js"),
    style: source("style/index.css"),
  },
  outdir: STAGE,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "linked",
  // The browser part of onnxruntime-web; it looks for Node's modules only in Node.
  platform: "browser",
});

const wasm = require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
writeFileSync(join(STAGE, "ort.wasm.gz"), gzipSync(readFileSync(wasm), { level: 9 }));
for (const name of MODELS) {
  const file = join(HERE, "..", "..", "models", name, "model.onnx");
  cpSync(file, join(STAGE, "models", `${name}.onnx`));
}

const files = ["main.js", "worker.js", "style.css", "ort.wasm.gz"];
const models = MODELS.map((name) => `models/${name}.onnx`);
const pages = ["index.html", "sw.js"];
const hash = createHash("sha256");
for (const path of [...files, ...models].map((name) => join(STAGE, name)))
  hash.update(readFileSync(path));
for (const name of pages) hash.update(readFileSync(source(name)));
const version = hash.digest("hex").slice(0, 12);
renameSync(STAGE, join(DIST, version));

// gist is kept when somebody uses it: it is large, and never answers by default.
const kept = [...files, ...models.filter((path) => !path.includes("gist"))];
const list = JSON.stringify(kept.map((name) => `./${version}/${name}`));
for (const name of pages) {
  const text = readFileSync(source(name), "utf8");
  writeFileSync(join(DIST, name), text.replaceAll("VERSION", version).replace('["FILES"]', list));
}
cpSync(source("icon.svg"), join(DIST, "icon.svg"));
console.log(`built ${DIST}, version ${version}`);
