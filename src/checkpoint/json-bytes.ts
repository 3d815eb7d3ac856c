import { jsonOf } from "../data/text-file.ts";
import { CheckpointError } from "./errors.ts";

/** @throws CheckpointError when it is not JSON, or not UTF-8 */
export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return jsonOf(bytes, name);
  } catch (error) {
    throw new CheckpointError((error as Error).message, { cause: error });
  }
}
