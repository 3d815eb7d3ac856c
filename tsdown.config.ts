import { defineConfig } from "tsdown";

/** The published package: one file per source file, so that import conditions still choose the platform's. */
export default defineConfig({
  entry: ["src/**/*.ts", "!src/**/*.test.ts"],
  unbundle: true,
  platform: "neutral",
  dts: true,
  clean: true,
  deps: { neverBundle: [/^#/, /^node:/, /^onnxruntime-/, "sharp"] },
  inputOptions: { resolve: { conditionNames: ["import"] } },
});
