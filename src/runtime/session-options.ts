import type { InferenceSession } from "onnxruntime-common";
import type { Device } from "./device.ts";

/** How all sessions of an engine compute. */
export interface ComputeSettings {
  readonly device: Device;
  readonly threads: number;
  readonly spinning: boolean;
}

/** @param folder - of the files in which the graph's weights lie */
export function sessionOptions({ device, threads, spinning }: ComputeSettings, folder?: string): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    intraOpNumThreads: threads,
    enableMemPattern: false,
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
    extra: {
      // A factor inside a product keeps ONNX Runtime from its kernel for a single row, which reads the other operand as it lies: in attention that is the cache, at every token.
      optimization: { disable_specified_optimizers: "MatMulScaleFusion" },
      session: {
        intra_op: { allow_spinning: spinning ? "1" : "0" },
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}
