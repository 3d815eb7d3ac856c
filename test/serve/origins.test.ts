import { expect, test } from "vitest";
import { runFlamingo } from "../cli/run-flamingo.ts";
import { listenHere } from "./listening.ts";

const page = "https://example.org";
const beforehand = {
  method: "OPTIONS",
  headers: { origin: page, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" },
};

test("pages of other origins may ask where the operator says so, with the key and without", async () => {
  const { url } = await listenHere({ allowedOrigins: [page], apiKey: "secret" });
  const allowed = await fetch(`${url}/v1/chat/completions`, beforehand);
  expect(allowed.ok).toBe(true);
  expect(allowed.headers.get("access-control-allow-origin")).toBe(page);
  expect(allowed.headers.get("access-control-allow-headers")).toBe("authorization,content-type");
  // That the key is missing must be seen too.
  const locked = await fetch(`${url}/v1/models`, { headers: { origin: page } });
  expect(locked.status).toBe(401);
  expect(locked.headers.get("access-control-allow-origin")).toBe(page);
  const other = await fetch(`${url}/v1/models`, { headers: { origin: "https://elsewhere.example" } });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
});

test("they may not where nothing is said", async () => {
  const { url } = await listenHere();
  for (const request of [beforehand, { headers: { origin: page } }]) {
    const answer = await fetch(`${url}/v1/models`, request);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  }
});

test.each(["example.org", "https://example.org/", "https://example.org/page", "*"])("%s is no origin", { timeout: 120_000 }, async (origin) => {
  const { code, stderr } = await runFlamingo(["serve", "--allow-origin", origin]);
  expect(code).toBe(2);
  expect(stderr).toContain("It must be an origin, such as https://example.org: no path, and no slash at its end.");
});
