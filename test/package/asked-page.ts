import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../../tools/chromium.ts";

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--headless=new", "--no-sandbox"] });
}

/** What the page in `page/` says in the end. */
export async function saidByPage(browser: Browser, address: string): Promise<string> {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    return (await page.locator("pre").textContent({ timeout: 60_000 })) ?? "";
  } finally {
    await page.close();
  }
}

/** What the installed command answers to what the page asks. @param folder - of the consumer */
export function answerOfCommand(folder: string): string {
  const picture = (name: string): string => join(folder, `public/${name}.webp`);
  const asked = ["ask", "--json", "--shot", `${picture("A")}=a dax`, "--shot", `${picture("B")}=a blick`, "--image", picture("C")];
  return (
    JSON.parse(execFileSync(process.execPath, [join(folder, "node_modules/flamingo-vlm/bin/flamingo.mjs"), ...asked], { encoding: "utf8" })) as { text: string }
  ).text;
}
