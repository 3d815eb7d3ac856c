import type { Device } from "./device.ts";

/** How all sessions of an engine compute. */
export interface ComputeSettings {
  readonly device: Device;
  readonly threads: number;
  readonly spinning: boolean;
}

/** ONNX Runtime's levels of logging: failures are thrown with the same text, the log would only repeat it on standard error. */
export const fatalOnly = 4;

/** Session options that go by names. @param folder - of the files in which the graph's weights lie */
export function configEntries({ spinning }: ComputeSettings, folder: string | undefined): Readonly<Record<string, string>> {
  return {
    // A factor inside a product keeps ONNX Runtime from its kernel for a single row, which reads the other operand as it lies: in attention that is the cache, at every token.
    "optimization.disable_specified_optimizers": "MatMulScaleFusion",
    "session.intra_op.allow_spinning": spinning ? "1" : "0",
    ...(folder === undefined ? {} : { "session.model_external_initializers_file_folder_path": folder }),
  };
}
