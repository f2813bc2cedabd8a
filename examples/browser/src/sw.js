// The service worker: keeps the files of this version, so that the page opens without the network.
//
// The build writes VERSION, which names the folder of the version, and the list of its files.

const CACHE = "exprinfer-VERSION";
const FILES = ["FILES"];
const FOLDER = new URL("./VERSION/", self.location).href;
const PAGE = new URL("./", self.location).href;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(["./", ...FILES])));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("exprinfer-") && name !== CACHE;
  const drop = async () =>
    Promise.all((await caches.keys()).filter(old).map((name) => caches.delete(name)));
  event.waitUntil(drop());
});

self.addEventListener("fetch", (event) => {
  const { url, mode } = event.request;
  if (url.startsWith(FOLDER)) event.respondWith(cacheFirst(event.request));
  else if (mode === "navigate" && url.split(/[?#]/)[0] === PAGE) event.respondWith(networkFirst());
});

/** Files of a version never change. */
async function cacheFirst(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

/** The page itself may be of a newer version. */
async function networkFirst() {
  try {
    return await fetch(PAGE, { cache: "no-cache" });
  } catch {
    return (await caches.open(CACHE)).match("./");
  }
}
