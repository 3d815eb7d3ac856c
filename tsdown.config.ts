import { defineConfig, type UserConfig } from "tsdown";

const common: UserConfig = {
  unbundle: true,
  platform: "neutral",
  deps: { neverBundle: [/^#/, /^node:/, /^onnxruntime-/, "koffi", "sharp", /^flamingo-vlm/] },
  inputOptions: { resolve: { conditionNames: ["import"] } },
};

/** The published package: one file per source file, so that import conditions still choose the platform's. Recipes import it by its public names, as everybody does. */
export default defineConfig([
  { ...common, entry: ["src/**/*.ts", "!src/**/*.test.ts"], dts: true, clean: true },
  { ...common, entry: ["recipes/**/*.ts"], outDir: "dist/recipes", dts: false, clean: false },
]);
