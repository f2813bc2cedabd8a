// The page: each part takes the worker that answers single expressions, or a worker of its own.

import { byId } from "./dom.js";
import { CheckView } from "./check_view.js";
import { EvaluateView } from "./evaluate_view.js";
import { FilesView } from "./files_view.js";
import { LoadingView } from "./loading_view.js";
import { WorkingView } from "./working_view.js";
import { WorkerClient } from "./worker_client.js";

const notice = byId("notice");

/** Show what keeps the page from working; null if nothing does any more. */
function fail(error) {
  notice.textContent = error?.message ?? "";
  notice.hidden = !error;
}

const worker = new WorkerClient();
const loading = new LoadingView(worker);
const evaluate = new EvaluateView(worker, loading, fail);
new WorkingView(worker, loading, evaluate);
new CheckView();
new FilesView();

await evaluate.update();
loading.answered();

// After the first answer, so that it does not wait for files that are needed only next time.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(new URL("../sw.js", import.meta.url)).catch(() => {});
}
