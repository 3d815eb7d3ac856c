import { answer } from "./answer.ts";

const asked = new URLSearchParams(location.search);
const out = document.createElement("pre");
if (asked.has("worker")) {
  const worker = new Worker(new URL("./answering-worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => show(data);
  worker.onerror = ({ message }) => show(`ERROR:${message}`);
  worker.postMessage(location.search);
} else show(await answer(asked));

function show(said: string): void {
  out.textContent = said;
  document.body.append(out);
}
