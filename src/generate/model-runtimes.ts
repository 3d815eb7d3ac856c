import type { ModelFolder } from "../checkpoint/model-folder.ts";
import { createRuntime, type Runtime, type RuntimeOptions } from "../runtime/runtime.ts";

/** Where a model runs. */
export interface ModelRuntimes {
  readonly runtime: Runtime;
  /** Where pictures are encoded: the same one, or one beside it. */
  readonly mediaRuntime: Runtime;
}

/**
 * One worker for all, or two: a large model takes seconds to compile, with one thread, and meanwhile its first pictures can be encoded. Large is a model whose weights are mapped; for a small one
 * the second worker would cost more memory than it saves time.
 * @throws RuntimeError when the device does not work here
 */
export async function modelRuntimes({ weights }: Pick<ModelFolder, "weights">, options: RuntimeOptions): Promise<ModelRuntimes> {
  const runtime = await createRuntime(options);
  const large = [...weights.values()].some((weight) => "file" in weight);
  if (!large || runtime.device !== "cpu" || options.worker === false) return { runtime, mediaRuntime: runtime };
  try {
    return { runtime, mediaRuntime: await createRuntime({ ...options, device: "cpu" }) };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}
