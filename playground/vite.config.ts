import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig } from "vite";
import { contentPolicy } from "./content-policy-plugin.ts";
import { modelFiles } from "./model-files-plugin.ts";
import { readyTasks } from "./ready-tasks-plugin.ts";
import { selfTest } from "./self-test-plugin.ts";

/** A running server, for `npx vite playground`: `npx flamingo serve`. */
const server = process.env["FLAMINGO_SERVER"] ?? "http://127.0.0.1:8000";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** In mode `site` the page brings the model along and needs no server; in any other it is what a server shows at `/`. */
export default defineConfig(({ mode }) => {
  const site = mode === "site";
  const modelPlugins = () => (site ? [modelFiles(), selfTest()] : []);
  return {
    root: folder("."),
    // The page may lie in any folder of a server.
    base: "./",
    plugins: [readyTasks(), ...modelPlugins(), ...(site ? [contentPolicy()] : [])],
    resolve: { conditions: [...(site ? ["site", "flamingo-source"] : []), ...defaultClientConditions] },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    worker: { format: "es", plugins: modelPlugins },
    build: {
      outDir: folder(site ? "../site" : "../dist/playground"),
      emptyOutDir: true,
      target: "es2022",
      // A content security policy that allows what comes from the server allows nothing that stands in the page itself.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: { fs: { allow: [".."] }, proxy: { "^/(v1|readyz|docs|openapi\\.json)": server } },
  };
});
