import { type Binding, BindingGraph } from "../binding-graph.ts";
import type { Device } from "../device.ts";
import { RuntimeError } from "../errors.ts";
import type { OnnxRuntime, Platform } from "./platform.ts";

/** The `#runtime-platform` of browsers, in pages and in workers. */
export const platform: Platform = {
  devices: ["wasm", "webgpu"],
  automatic: async () => ((await hasGraphicsCard()) ? ["webgpu", "wasm"] : ["wasm"]),
  cores: () => navigator.hardwareConcurrency,
  // WebAssembly threads need shared memory, which a page has only when its headers isolate it from other origins.
  defaultThreads: () => (globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1),
  load,
  adviceFor: (device) => advice[device],
  startProfile: () => Promise.reject(new RuntimeError("profiles are recorded in Node only; in a browser use its performance tools")),
  uninterrupted: (task) => task(),
  listen(hear) {
    const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
    if (scope.name.startsWith("em-pthread")) {
      // A thread of ONNX Runtime, which begins with its own script: where a bundler put all scripts into one, with this one. It hears its messages itself.
      void import("onnxruntime-web/wasm");
      return () => {};
    }
    scope.onmessage = ({ data }) => hear(data);
    return (message, transfer) => scope.postMessage(message, transfer);
  },
};

const advice: Readonly<Record<Device, string>> = {
  cpu: "In a browser choose device wasm.",
  cuda: "In a browser choose device webgpu or wasm.",
  webgpu: "It needs a browser with WebGPU, a page served over https or from localhost, and a graphics card that the browser allows. Or choose device wasm.",
  wasm: "See that the server delivers the .wasm file of onnxruntime-web, which lies beside its script, and not a web page in its place.",
};

/** The part of WebGPU that is asked here. */
interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean }; readonly isFallbackAdapter?: boolean } | null>;
}

async function hasGraphicsCard(): Promise<boolean> {
  const adapter = await (navigator as { gpu?: Gpu }).gpu?.requestAdapter();
  // A fallback adapter computes on the CPU, slower than WebAssembly does.
  return adapter != null && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false);
}

async function load(device: Device, threads: number): Promise<OnnxRuntime> {
  // Each entry brings its own WebAssembly file: 14 MB without WebGPU, 27 MB with it.
  const { InferenceSession, Tensor, env } = device === "webgpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
  env.logLevel = "fatal";
  // Beside a graphics card further threads have little to do; and those of one kind only can begin with this worker's script, see `listen`.
  const usableThreads = globalThis.crossOriginIsolated && device === "wasm" ? threads : 1;
  env.wasm.numThreads = usableThreads;
  const binding: Binding = {
    createSession: (model, options) => InferenceSession.create(model, options),
    tensor: ({ dtype, shape, data }) => new Tensor(dtype, data, shape),
  };
  return {
    threads: usableThreads,
    inPlace: false,
    compile: (compilation) => BindingGraph.compile(binding, compilation),
  };
}
