/**
 * The rooms of src/, in the order that data flows through them.
 * A room may import itself and any room before it, never one after it.
 */
const rooms = ["graph", "runtime", "nn", "model", "data", "checkpoint", "generate", "ai", "retrieve", "evaluate", "train", "serve", "cli"];

/** Files that may use Node: the platform files of a room, the server, the command line. */
const platformFiles = "^src/(.*/platform/node[^/]*$|serve/|cli/)";

/** Files of src/ that the package exports. */
const faces = ["index", "data/data", "model/model", "train/train", "evaluate/evaluate", "ai/ai", "checkpoint/platform/node-files"];

/** Files of src/ outside all rooms. */
const misplaced = { path: "^src/", pathNot: `^src/(index\\.ts$|(${rooms.join("|")})/)` };

const upward = rooms.slice(0, -1).map((room, i) => ({
  name: `${room}-imports-nothing-later`,
  comment: `${room}/ comes before ${rooms.slice(i + 1).join(", ")} in the data flow.`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: { path: `^src/(${rooms.slice(i + 1).join("|")}|index)(/|\\.ts$)` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...upward,
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "every-file-in-a-room", comment: "src/ holds only the rooms above and index.ts.", severity: "error", from: misplaced, to: {} },
    { name: "no-import-from-outside-the-rooms", severity: "error", from: {}, to: misplaced },
    {
      name: "models-are-only-descriptions",
      comment: "nn/ and model/ build graphs; running them is not their business.",
      severity: "error",
      from: { path: "^src/(nn|model)/" },
      to: { path: "^src/runtime/|onnxruntime" },
    },
    {
      name: "data-knows-no-model",
      comment: "data/ yields plain arrays; it serves any model.",
      severity: "error",
      from: { path: "^src/data/" },
      to: { path: "^src/(nn|model)/" },
    },
    {
      name: "node-in-platform-files-only",
      severity: "error",
      from: { path: "^src/", pathNot: platformFiles },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "platform-files-behind-the-platform",
      comment: "Universal code reaches a platform through its import condition, or is handed what it needs.",
      severity: "error",
      from: { path: "^src/", pathNot: platformFiles },
      to: { path: "^src/.*/platform/node-", pathNot: "^src/runtime/platform/node-worker\\.ts$" },
    },
    {
      name: "onnxruntime-in-the-runtime",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/runtime/" },
      to: { path: "node_modules/onnxruntime-|^onnxruntime-" },
    },
    {
      name: "outsiders-use-the-front-door",
      comment: "playground/, examples/ and recipes/ import the package by its public names, not its rooms.",
      severity: "error",
      from: { path: "^(playground|examples|recipes)/" },
      to: { path: "^src/", pathNot: `^src/(${faces.join("|")})\\.ts$` },
    },
  ],
  options: {
    tsPreCompilationDeps: true, // type-only imports count too
    tsConfig: { fileName: "tsconfig.node.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "\\.test\\.ts$" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["flamingo-source", "import", "node", "default", "types"] },
  },
};
