import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium } from "./tools/chromium.ts";

const browserOnly = "test/**/*.browser.test.ts";
const packageTests = "test/package/**/*.test.ts";
const executablePath = findChromium();
const launchOptions = {
  ...(executablePath === undefined ? {} : { executablePath }),
  args: [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
  ],
};

export default defineConfig({
  ssr: { resolve: { conditions: ["flamingo-source", "node", "module", "development|production"] } },
  test: {
    testTimeout: 60_000,
    reporters: ["default", "./tools/summary-reporter.ts"],
    projects: [
      {
        extends: true,
        test: { name: "node", include: ["src/**/*.test.ts", "test/**/*.test.ts", "playground/src/**/*.test.ts"], exclude: [browserOnly, packageTests] },
      },
      // Packs and installs the package first.
      {
        extends: true,
        test: { name: "package", include: [packageTests], globalSetup: "./test/package/consumer.ts", testTimeout: 120_000, hookTimeout: 300_000 },
      },
      {
        extends: true,
        resolve: { conditions: ["flamingo-source", "browser", "module", "development|production"] },
        test: {
          name: "browser",
          include: [browserOnly],
          browser: { enabled: true, headless: true, screenshotFailures: false, provider: playwright({ launchOptions }), instances: [{ browser: "chromium" }] },
        },
      },
    ],
  },
});
