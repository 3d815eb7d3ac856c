import { env } from "onnxruntime-common";

/** Version of ONNX Runtime, which numbers may depend on. */
export const engineVersion: string = env.versions.common ?? "unknown";
