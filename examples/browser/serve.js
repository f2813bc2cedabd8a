// Serve dist/ on this machine, for development and for the tests.
//
//     npm run serve

import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = join(dirname(fileURLToPath(import.meta.url)), "dist");
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/**
 * Return the policy of the page. The page itself states it; a worker takes it from its own response.
 */
const policy = () =>
  /Content-Security-Policy"\s+content="([^"]+)"/.exec(
    readFileSync(join(DIST, "index.html"), "utf8"),
  )[1];

/**
 * Start the server.
 *
 * @param {number} port 0 for any free port.
 * @param {(path: string, bytes: number) => void} onServed Called for each file.
 */
export function serve(port = 0, onServed = () => {}) {
  const workerPolicy = policy();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const name = normalize(path).replace(/[/\\]$/, `${sep}index.html`);
    const file = join(DIST, name);
    const size = file.startsWith(DIST + sep) && statSync(file, { throwIfNoEntry: false })?.size;
    if (!size) {
      response.writeHead(404).end();
      return;
    }
    onServed(name, size);
    const inVersion = name.split(sep).length > 2;
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-length": size,
      "cache-control": inVersion ? "public, max-age=31536000, immutable" : "no-cache",
      ...(file.endsWith("worker.js") && { "content-security-policy": workerPolicy }),
    });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`serving ${DIST} at ${(await serve(8000)).url}`);
}
