import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const usual = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The Chromium that the browser tests use: the one that the environment variable CHROMIUM names, a usual one, or the one that playwright installed. */
export function findChromium(): string | undefined {
  return [process.env["CHROMIUM"], ...usual, chromium.executablePath()].find((path) => path !== undefined && existsSync(path));
}
