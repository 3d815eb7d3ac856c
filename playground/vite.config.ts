import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { readyTasks } from "./ready-tasks-plugin.ts";

/** A running server, for `npx vite playground`: `npx flamingo serve`. */
const server = process.env["FLAMINGO_SERVER"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // The page may lie in any folder of a server.
  base: "./",
  plugins: [readyTasks()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("../dist/playground", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A content security policy that allows what comes from the server allows nothing that stands in the page itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { fs: { allow: [".."] }, proxy: { "^/(v1|readyz|docs|openapi\\.json)": server } },
});
