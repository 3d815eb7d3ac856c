/** A page that Vite bundles, without any configuration, opened in Chromium from its own servers and from such as people have. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { findChromium } from "../../tools/chromium.ts";
import { isolated, type ServerManner, startServer } from "./static-server.ts";
import { type ViteServer, viteBuild, viteServer } from "./vite.ts";

const { folder } = inject("consumer");
const dist = join(folder, "dist");
const byAddress = "?model=/models/nano/";
let browser: Browser;
let answer: string;

beforeAll(async () => {
  const picture = (name: string): string => join(folder, `public/${name}.webp`);
  const asked = ["ask", "--json", "--shot", `${picture("A")}=a dax`, "--shot", `${picture("B")}=a blick`, "--image", picture("C")];
  answer = (
    JSON.parse(execFileSync(process.execPath, [join(folder, "node_modules/flamingo-vlm/bin/flamingo.mjs"), ...asked], { encoding: "utf8" })) as { text: string }
  ).text;
  viteBuild(folder);
  const executablePath = findChromium();
  browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--headless=new", "--no-sandbox"] });
});

afterAll(() => browser?.close());

/** What the page says in the end. */
async function said(address: string): Promise<string> {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    return (await page.locator("pre").textContent({ timeout: 60_000 })) ?? "";
  } finally {
    await page.close();
  }
}

/** The same, of the built page on such a server. */
async function saidFrom(manner: ServerManner, query: string): Promise<string> {
  const server = await startServer(dist, manner);
  try {
    return await said(`${server.address}/${query}`);
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
  ])("a page that loads nano %s answers as Node does", async (_, query) => {
    expect(await said(`${server.address}/${query}`)).toBe(`ANSWER:${answer} THREADS:1`);
  });
});

test("a page that is isolated from other origins has threads, and answers the same", async () => {
  expect(await saidFrom(isolated, "")).toMatch(new RegExp(`^ANSWER:${answer} THREADS:(?!1$)`));
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
  ["its vocabulary, behind a page", { fallback: true, missing: /tokenizer/ }, byAddress, new RegExp(`tokenizer\\.json.*${page.source}`)],
  ["its weights, behind a page", { fallback: true, missing: /language/ }, byAddress, new RegExp(`language\\.safetensors.*${page.source}`)],
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
  ["the end of the weights", { breaking: /fusion/ }, byAddress, /fusion\.safetensors cannot be read \(the connection broke before its end/],
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
