import { platform } from "#runtime-platform";
import { appendRows, type BlockPlace, gatherRows, resized, selectRows, writeBlock } from "./blocks.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import { arrayOf, describeTensor, free, type HostTensor, type InitialTensor, sizeOf, type TensorType } from "./host-tensor.ts";
import { mapValues } from "./map-values.ts";
import type { CompiledGraph, OnnxRuntime, ProfileRecorder } from "./platform/platform.ts";
import { type OperatorTime, summariseProfile } from "./profile.ts";
import type { CompileRequest, EngineCalls, Id, OpenedDevice, OpenRequest, RunRequest } from "./protocol.ts";
import type { ComputeSettings } from "./session-options.ts";

interface OpenSession {
  readonly label: string;
  readonly graph: CompiledGraph;
  /** What outputs pass through on their way into variables. */
  readonly scratch: Map<string, HostTensor>;
  readonly recorder: ProfileRecorder | undefined;
}

interface OpenDevice {
  readonly onnxRuntime: OnnxRuntime;
  readonly settings: ComputeSettings;
}

/** Owns ONNX Runtime's sessions and the variables, in whichever thread it was made. */
export class Engine implements EngineCalls {
  private device: OpenDevice | undefined;
  private profiled = false;
  private readonly sessions = new Map<Id, OpenSession>();
  private readonly variables = new Map<Id, HostTensor>();
  private readonly waitingRuns = new Set<Id>();
  private last: Promise<unknown> = Promise.resolve();

  open({ device, profile, probe, ...settings }: OpenRequest): Promise<OpenedDevice> {
    return this.inOrder(async () => {
      this.profiled = profile;
      if (device !== "auto") return this.openDevice({ device, ...settings }, probe);
      const failures: string[] = [];
      for (const candidate of await platform.automatic()) {
        try {
          return await this.openDevice({ device: candidate, ...settings }, probe);
        } catch (reason) {
          failures.push(messageOf(reason));
        }
      }
      throw new RuntimeError(`no device works here. ${failures.join(" ")}`);
    });
  }

  private async openDevice({ device, threads, spinning }: ComputeSettings, probe: Uint8Array): Promise<OpenedDevice> {
    if (!platform.devices.includes(device))
      throw new RuntimeError(`device "${device}" does not exist here, only ${platform.devices.join(", ")}. ${platform.adviceFor(device)}`);
    try {
      const onnxRuntime = await platform.load(device, threads);
      const settings = { device, threads: onnxRuntime.threads, spinning };
      const graph = await onnxRuntime.compile({ model: probe, settings, weights: [], folder: undefined });
      const one = { dtype: "float32", shape: [1] } as const;
      await graph.run({ x: { ...one, data: new Float32Array(1) } }, { y: one }, {});
      await graph.release();
      this.device = { onnxRuntime, settings };
      return { device, threads: onnxRuntime.threads, inPlace: onnxRuntime.inPlace };
    } catch (reason) {
      if (reason instanceof RuntimeError) throw reason;
      throw new RuntimeError(`device "${device}" does not work here. ${platform.adviceFor(device)} (ONNX Runtime: ${messageOf(reason)})`);
    }
  }

  compile({ session: id, label, model, weights, folder }: CompileRequest): Promise<void> {
    return this.inOrder(async () => {
      const recorder = this.profiled ? await platform.startProfile() : undefined;
      try {
        const { onnxRuntime, settings } = this.opened();
        const graph = await onnxRuntime.compile({ model, settings, weights, folder, profilePrefix: recorder?.prefix });
        this.sessions.set(id, { label, graph, scratch: new Map(), recorder });
      } catch (reason) {
        await recorder?.dispose();
        throw new RuntimeError(`${label}: ONNX Runtime could not compile it: ${messageOf(reason)}`);
      }
    });
  }

  run({ run, session: id, feeds, types, outputs, stores, inPlace }: RunRequest): Promise<Record<string, HostTensor>> {
    this.waitingRuns.add(run);
    return this.inOrder(async () => {
      if (!this.waitingRuns.delete(run)) throw new RuntimeError("the run was cancelled");
      const { label, graph, scratch } = this.session(id);
      const inputs = mapValues(feeds, (feed) => ("variable" in feed ? this.variable(feed.variable) : feed));
      const passing = Object.keys(stores).filter((name) => !outputs.includes(name));
      const memory = mapValues(inPlace, (variable) => this.variable(variable));
      const givesMemory = this.opened().onnxRuntime.inPlace;
      if (!givesMemory && Object.keys(inPlace).length > 0) throw new RuntimeError(`${label}: outputs cannot be written into variables here`);
      if (givesMemory) for (const name of passing) memory[name] = scratchFor(scratch, name, types[name]!);
      const computed = await graph.run(inputs, types, memory).catch((reason: unknown) => {
        const given = Object.entries(inputs).map(([name, host]) => `${name} ${describeTensor(host)}`);
        throw new RuntimeError(`${label}: ONNX Runtime could not run it: ${messageOf(reason)}. Fed were: ${given.join(", ")}`);
      });
      for (const [name, { variable, place }] of Object.entries(stores)) writeBlock(this.variable(variable), computed[name]!, place);
      for (const name of passing) if (!(name in memory)) free(computed[name]!);
      return Object.fromEntries(outputs.map((name) => [name, computed[name]!]));
    });
  }

  cancel(run: Id): Promise<void> {
    this.waitingRuns.delete(run);
    return Promise.resolve();
  }

  profile(id: Id): Promise<readonly OperatorTime[]> {
    return this.inOrder(async () => {
      const { label, graph, recorder } = this.session(id);
      if (recorder === undefined) throw new RuntimeError(`${label}: nothing was profiled; make the runtime with profile: true`);
      graph.endProfiling();
      return summariseProfile(await recorder.read());
    });
  }

  releaseSession(id: Id): Promise<void> {
    return this.inOrder(async () => {
      const { graph, recorder } = this.session(id);
      this.sessions.delete(id);
      await graph.release();
      await recorder?.dispose();
    });
  }

  createVariable(id: Id, { dtype, shape, data }: InitialTensor): Promise<void> {
    return this.inOrder(() => {
      // A copy, since the caller may go on using its array; and in memory of its own, since shared memory could change during a run.
      const own = new arrayOf[dtype](sizeOf(shape));
      if (data !== undefined) (own as Uint8Array).set(data as Uint8Array);
      this.variables.set(id, { dtype, shape, data: own });
    });
  }

  writeVariable(id: Id, tensor: HostTensor, place: BlockPlace): Promise<void> {
    return this.inOrder(() => writeBlock(this.variable(id), tensor, place));
  }

  readVariable(id: Id): Promise<HostTensor> {
    return this.inOrder(() => {
      const { dtype, shape, data } = this.variable(id);
      return { dtype, shape, data: data.slice() };
    });
  }

  gatherVariable(id: Id, indices: readonly number[], result: Id): Promise<void> {
    return this.inOrder(() => {
      this.variables.set(result, gatherRows(this.variable(id), indices));
    });
  }

  selectVariable(id: Id, indices: readonly number[]): Promise<void> {
    return this.inOrder(() => this.replace(id, selectRows(this.variable(id), indices)));
  }

  appendVariable(id: Id, other: Id): Promise<void> {
    return this.inOrder(() => this.replace(id, appendRows(this.variable(id), this.variable(other))));
  }

  resizeVariable(id: Id, axis: number, size: number): Promise<void> {
    return this.inOrder(() => this.replace(id, resized(this.variable(id), axis, size)));
  }

  releaseVariable(id: Id): Promise<void> {
    return this.inOrder(() => {
      free(this.variable(id));
      this.variables.delete(id);
    });
  }

  async close(): Promise<void> {
    for (const id of this.sessions.keys()) void this.releaseSession(id);
    await this.inOrder(() => {
      for (const variable of this.variables.values()) free(variable);
      this.variables.clear();
    });
  }

  private inOrder<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.last.then(() => platform.uninterrupted(task));
    this.last = result.catch(() => {});
    return result;
  }

  private opened(): OpenDevice {
    if (this.device === undefined) throw new RuntimeError("the engine was not opened");
    return this.device;
  }

  private session(id: Id): OpenSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new RuntimeError("the session was disposed");
    return session;
  }

  private replace(id: Id, now: HostTensor): void {
    const before = this.variable(id);
    this.variables.set(id, now);
    if (now.data.buffer !== before.data.buffer) free(before);
  }

  private variable(id: Id): HostTensor {
    const variable = this.variables.get(id);
    if (variable === undefined) throw new RuntimeError("the variable was disposed");
    return variable;
  }
}

/** Memory that an output was written into before, if it is of the same size again. */
function scratchFor(scratch: Map<string, HostTensor>, name: string, { dtype, shape }: TensorType): HostTensor {
  const last = scratch.get(name);
  if (last !== undefined && last.shape.length === shape.length && last.shape.every((size, axis) => size === shape[axis])) return last;
  // Left to the collector, which sees a small object, those of prompts would pile up: 100 MB of a server's memory.
  if (last !== undefined) free(last);
  const tensor = { dtype, shape, data: new arrayOf[dtype](sizeOf(shape)) };
  scratch.set(name, tensor);
  return tensor;
}
