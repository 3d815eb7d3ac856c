import { createRequire } from "node:module";
import { join } from "node:path";

/** Where `onnxruntime-node` has its libraries for this machine. @throws Error when it is not installed */
export function libraryFolder(): string {
  return join(createRequire(import.meta.url).resolve("onnxruntime-node"), `../../bin/napi-v6/${process.platform}/${process.arch}`);
}
