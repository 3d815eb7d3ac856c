import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { DType } from "../graph/graph.ts";
import type { HostData, HostTensor, TensorType } from "./host-tensor.ts";
import type { Compilation, CompiledGraph } from "./platform/platform.ts";
import { configEntries, fatalOnly } from "./session-options.ts";

/** What a binding of ONNX Runtime to JavaScript gives: that of Node, and those of browsers. */
export interface Binding {
  createSession(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  /** A tensor over the same memory, without a copy. */
  tensor(host: HostTensor): Tensor;
}

/** A graph that a binding runs. Every output comes as a new array. */
export class BindingGraph implements CompiledGraph {
  private readonly binding: Binding;
  private readonly session: InferenceSession;

  private constructor(binding: Binding, session: InferenceSession) {
    this.binding = binding;
    this.session = session;
  }

  static async compile(binding: Binding, { model, settings, weights, folder, profilePrefix }: Compilation): Promise<BindingGraph> {
    const session = await binding.createSession(model, {
      executionProviders: [settings.device],
      intraOpNumThreads: settings.threads,
      enableMemPattern: false,
      graphOptimizationLevel: "all",
      logSeverityLevel: fatalOnly,
      extra: configEntries(settings, folder),
      ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
      externalData: weights.map(([path, { data }]) => ({ path, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) })),
    });
    return new BindingGraph(binding, session);
  }

  async run(inputs: Readonly<Record<string, HostTensor>>, outputs: Readonly<Record<string, TensorType>>): Promise<Record<string, HostTensor>> {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, host]) => [name, this.binding.tensor(host)]));
    const fetched = await this.session.run(feeds, Object.keys(outputs));
    return Object.fromEntries(Object.keys(outputs).map((name) => [name, fromTensor(fetched[name]!)]));
  }

  endProfiling(): void {
    this.session.endProfiling();
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** ONNX Runtime gives float16 as Float16Array where that exists; here it is bit patterns everywhere. */
function fromTensor({ type, dims, data }: Tensor): HostTensor {
  const dtype = type as DType;
  const values = data as HostData;
  return { dtype, shape: dims, data: dtype === "float16" ? new Uint16Array(values.buffer, values.byteOffset, values.length) : values };
}
