import "./node-version.ts";
import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import type { TypedTensor } from "onnxruntime-common";
import { type Binding, BindingGraph } from "../binding-graph.ts";
import type { Device } from "../device.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import type { FileTensor } from "../host-tensor.ts";
import { openCRuntime } from "./node-c-graph.ts";
import { throughGate } from "./node-gate.ts";
import { libraryFolder } from "./node-library-folder.ts";
import { switchTelemetryOffFromAnyThread } from "./node-telemetry.ts";
import type { OnnxRuntime, Platform, ProfileRecorder } from "./platform.ts";

/** The `#runtime-platform` of Node. */
export const platform: Platform = {
  devices: ["cpu", "webgpu", "cuda"],
  // WebGPU is left to an explicit choice: the binding does not tell a graphics card from a software device, which is slower than the CPU.
  automatic: async () => ((await mayHaveCuda()) ? ["cuda", "cpu"] : ["cpu"]),
  cores: availableParallelism,
  defaultThreads: availableParallelism,
  load,
  adviceFor: (device) => advice[device],
  startProfile,
  piecesOf,
  uninterrupted: throughGate,
  listen(hear) {
    if (parentPort === null) throw new RuntimeError("this file runs in a worker that the runtime starts; import the runtime instead");
    const port = parentPort;
    port.on("message", hear);
    return (message, transfer) => port.postMessage(message, transfer);
  },
};

const advice: Readonly<Record<Device, string>> = {
  cpu: "Install onnxruntime-node again on this machine, or run in a browser with device wasm.",
  webgpu:
    "It needs a graphics card with a Vulkan, Metal or Direct3D 12 driver; without one, a software device serves for tests: install chromium and libvulkan1 and set VK_ICD_FILENAMES to its vk_swiftshader_icd.json. Or choose device cpu.",
  cuda: "It needs an NVIDIA card, CUDA 12 with cuDNN 9, and the CUDA library of onnxruntime-node: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js. Or choose device cpu.",
  wasm: "It exists in browsers; in Node choose device cpu.",
};

/** Without this library no session opens on CUDA; to find that out by trying would load the binding, which then nobody needs. */
async function mayHaveCuda(): Promise<boolean> {
  try {
    return (await readdir(libraryFolder())).some((name) => name.includes("providers_cuda"));
  } catch {
    await library();
    return true;
  }
}

/** @throws RuntimeError that says how to install what is not there */
async function library(): Promise<typeof import("onnxruntime-node")> {
  await switchTelemetryOffFromAnyThread();
  try {
    return await import("onnxruntime-node");
  } catch (error) {
    throw new RuntimeError((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" ? notInstalled : doesNotLoad(error as Error), { cause: error });
  }
}

// It is an optional dependency: npm leaves such a one out, without a word, when its script fails, instead of failing itself.
const notInstalled =
  "onnxruntime-node is not installed: perhaps its install script, which only fetches CUDA libraries, was stopped by a firewall. Run `npm install --ignore-scripts` in the project (or the same with its other package manager); no script is needed.";

function doesNotLoad({ message }: Error): string {
  return `onnxruntime-node does not load here (${message.split("\n")[0]}). It is made for Linux with glibc and Windows on x64 and arm64, and for macOS on arm64: install it again on this machine, or run in a browser.`;
}

/** The C interface has been tried on Linux alone; what it does not do, or not here, the binding does. */
async function load(device: Device, threads: number): Promise<OnnxRuntime> {
  const way = engineWay();
  if (device !== "cpu" || process.platform !== "linux" || way === "binding") return throughBinding(threads);
  await switchTelemetryOffFromAnyThread();
  return openCRuntime(threads).catch(async (reason: unknown) => {
    if (way === undefined) return throughBinding(threads);
    throw new RuntimeError(`ONNX Runtime's C interface cannot be used (${messageOf(reason)}): unset ${wayVariable}, and its binding is`, { cause: reason });
  });
}

/** Says how ONNX Runtime is called on the CPU: `c` or `binding`. Default: by its C interface where that can be had. */
const wayVariable = "FLAMINGO_ONNX_RUNTIME";

function engineWay(): "c" | "binding" | undefined {
  const way = process.env[wayVariable];
  if (way === undefined || way === "c" || way === "binding") return way;
  throw new RuntimeError(`${wayVariable} must be c or binding, found "${way}"`);
}

async function throughBinding(threads: number): Promise<OnnxRuntime> {
  const { InferenceSession, Tensor, env } = await library();
  // Failures are thrown with the same text; the log would only repeat it on standard error.
  env.logLevel = "fatal";
  const binding: Binding = {
    createSession: (model, options) => InferenceSession.create(model, options),
    tensor({ dtype, shape, data }) {
      if (dtype !== "float16") return new Tensor(dtype, data, shape);
      // The binding reads no Float16Array ("expected 4, got 0" bytes) and the constructor insists on one: the bit patterns go in under another name.
      const tensor = new Tensor("uint16", data as Uint16Array, shape);
      (tensor as { type: TypedTensor<"float16">["type"] | "uint16" }).type = "float16";
      return tensor;
    },
  };
  return { threads, inPlace: false, compile: (compilation) => BindingGraph.compile(binding, compilation) };
}

/** What is read at a time: little beside the weights, and few calls. */
const pieceBytes = 2 ** 22;

async function* piecesOf({ folder, name, offset }: FileTensor["file"], length: number): AsyncGenerator<Uint8Array> {
  const path = join(folder, name);
  const file = await open(path);
  try {
    const piece = new Uint8Array(Math.min(pieceBytes, length));
    for (let done = 0; done < length; ) {
      const wanted = Math.min(piece.length, length - done);
      const { bytesRead } = await file.read(piece, 0, wanted, offset + done);
      if (bytesRead < wanted) throw new RuntimeError(`${path} ended after ${offset + done + bytesRead} bytes; it was changed after it was opened`);
      yield piece.subarray(0, wanted);
      done += wanted;
    }
  } finally {
    await file.close();
  }
}

async function startProfile(): Promise<ProfileRecorder> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-profile-"));
  return {
    prefix: join(folder, "profile"),
    async read() {
      const file = (await readdir(folder)).find((name) => name.endsWith(".json"));
      if (file === undefined) throw new RuntimeError(`ONNX Runtime wrote no profile into ${folder}`);
      return readFile(join(folder, file), "utf8");
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
