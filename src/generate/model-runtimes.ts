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
 * the second worker would cost more memory than it saves time. Its threads do not spin: they would take from the first one the cores on which it compiles.
 * @param model - the first worker is there by the time that the model is
 * @throws RuntimeError when the device does not work here, without waiting for the model; what the model's loading throws
 */
export async function modelRuntimes(model: Promise<Pick<ModelFolder, "weights">>, options: RuntimeOptions): Promise<ModelRuntimes> {
  const opening = createRuntime(options);
  const openingBeside = model.then(({ weights }) => {
    const large = [...weights.values()].some((weight) => "file" in weight);
    return large && options.worker !== false ? createRuntime({ ...options, device: "cpu", spinning: false }) : undefined;
  });
  try {
    const [runtime, beside] = await Promise.all([opening, openingBeside]);
    if (runtime.device === "cpu") return { runtime, mediaRuntime: beside ?? runtime };
    await beside?.dispose();
    return { runtime, mediaRuntime: runtime };
  } catch (error) {
    for (const opened of [opening, openingBeside]) void opened.then((runtime) => runtime?.dispose()).catch(() => {});
    throw error;
  }
}
