import { RuntimeError } from "../errors.ts";

/** The same as "engines" in package.json and in bin/flamingo.mjs. */
const needed = [22, 18] as const;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

// Said when the package is imported: an older Node would fail later, at the first function that it does not have.
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  throw new RuntimeError(`flamingo-vlm needs Node ${needed.join(".")} or newer, this is ${process.version}; install a newer one`);
}
