/** A page that Vite bundles, without any configuration, opened in Chromium from its own servers and from such as people have. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { answerOfCommand, launchChromium, saidByPage } from "./asked-page.ts";
import { isolated, type ServerManner, startServer } from "./static-server.ts";
import { type ViteServer, viteBuild, viteServer } from "./vite.ts";

const { folder } = inject("consumer");
const dist = join(folder, "dist");
const byAddress = "?model=/models/nano/";
let browser: Browser;
let answer: string;

beforeAll(async () => {
  answer = answerOfCommand(folder);
  viteBuild(folder);
  browser = await launchChromium();
});

afterAll(() => browser?.close());

/** What the built page says in the end, on such a server. */
async function saidFrom(manner: ServerManner, query: string): Promise<string> {
  const server = await startServer(dist, manner);
  try {
    return await saidByPage(browser, `${server.address}/${query}`);
  } finally {
    server.close();
  }
}

describe.each(["preview", "dev"] as const)("vite %s", (command) => {
  let server: ViteServer;
  beforeAll(async () => {
    server = await viteServer(folder, command);
    return () => server.close();
  });

  test.each([
    ["by its name", ""],
    ["by its address", byAddress],
    ["in a worker of its own", "?worker"],
  ])("a page that loads nano %s answers as Node does", async (_, query) => {
    expect(await saidByPage(browser, `${server.address}/${query}`)).toBe(`ANSWER:${answer} THREADS:1`);
  });
});

test.each(["", "?worker"])("a page that is isolated from other origins has threads, and answers the same: /%s", async (query) => {
  expect(await saidFrom(isolated, query)).toMatch(new RegExp(`^ANSWER:${answer} THREADS:(?!1$)`));
});

const page =
  /the server answered with a web page \(text\/html\) instead of the file; is the file there\? A server that answers every address with its index\.html/;

test.each<[string, ServerManner, string, RegExp]>([
  [
    "the model, behind a page",
    { fallback: true },
    "?model=/elsewhere/",
    new RegExp(`cannot load the model ".*": http.*/elsewhere/flamingo\\.json .*${page.source}`),
  ],
  ["the model", {}, "?model=/elsewhere/", /elsewhere\/flamingo\.json cannot be read \(the server answered 404: there is no such file\)/],
  [
    "the embedded model, behind a page",
    { fallback: true, missing: /vision.*\.safetensors/ },
    "",
    new RegExp(`the embedded model's vision\\.safetensors does not come from http.*${page.source}.*Copy models/nano`),
  ],
  ["its vocabulary, behind a page", { fallback: true, missing: /tokenizer.*\.json$/ }, byAddress, new RegExp(`tokenizer\\.json.*${page.source}`)],
  ["its weights, behind a page", { fallback: true, missing: /language.*\.safetensors$/ }, byAddress, new RegExp(`language\\.safetensors.*${page.source}`)],
  ["a picture, behind a page", { fallback: true }, "?video=/D.webp", new RegExp(`/D\\.webp: ${page.source}`)],
  ["a picture", {}, "?video=/D.webp", /\/D\.webp: the server answered 404/],
  [
    "ONNX Runtime, behind a page",
    { fallback: true, missing: /\.wasm$/ },
    "",
    /See that the server delivers the \.wasm file of onnxruntime-web, .* not a web page in its place/,
  ],
  [
    "the worker, behind a page",
    { fallback: true, missing: /worker/ },
    "",
    /the runtime's worker failed: its script could not be loaded\. Did the bundler leave it out\?/,
  ],
  ["the end of the weights", { breaking: /fusion.*\.safetensors$/ }, byAddress, /fusion\.safetensors cannot be read \(the connection broke before its end/],
  ["the folder, with a question mark", {}, "?model=/models/nano/%3Fa=b", /give the address of the model's folder, without \?a=b/],
])("what is missing is told: %s", async (_, manner, query, message) => {
  expect(await saidFrom(manner, query)).toMatch(message);
});

describe("a model on another server", () => {
  test.each<[string, ServerManner, string, RegExp]>([
    [
      "that does not allow it",
      {},
      "",
      /^ERROR:cannot load the model .*does it allow pages of http:\/\/127\.0\.0\.1:\d+ to read it \(its header Access-Control-Allow-Origin\)\?/,
    ],
    ["that allows it, compresses, and has moved it", { headers: { "access-control-allow-origin": "*" }, gzip: true, moved: true }, "/moved", /^ANSWER:/],
  ])("%s", async (_, manner, path, message) => {
    const other = await startServer(join(folder, "public"), manner);
    try {
      expect(await saidFrom({}, `?model=${other.address}${path}/models/nano/`)).toMatch(message);
    } finally {
      other.close();
    }
  });
});
