import type { InferenceSession, Tensor } from "onnxruntime-common";
import { platform } from "#runtime-platform";
import type { DType } from "../graph/graph.ts";
import { appendRows, type BlockPlace, gatherRows, resized, selectRows, writeBlock } from "./blocks.ts";
import type { Device } from "./device.ts";
import { messageOf, RuntimeError } from "./errors.ts";
import { arrayOf, describeTensor, free, type HostData, type HostTensor, type InitialTensor, sizeOf } from "./host-tensor.ts";
import type { OnnxRuntime, ProfileRecorder } from "./platform/platform.ts";
import { type OperatorTime, summariseProfile } from "./profile.ts";
import type { CompileRequest, EngineCalls, Id, OpenRequest, RunRequest } from "./protocol.ts";
import { type ComputeSettings, sessionOptions } from "./session-options.ts";

interface CompiledGraph {
  readonly label: string;
  readonly session: InferenceSession;
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
  private readonly sessions = new Map<Id, CompiledGraph>();
  private readonly variables = new Map<Id, HostTensor>();
  private readonly waitingRuns = new Set<Id>();
  private last: Promise<unknown> = Promise.resolve();

  open({ device, profile, probe, ...settings }: OpenRequest): Promise<{ device: Device; threads: number }> {
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

  private async openDevice({ device, threads, spinning }: ComputeSettings, probe: Uint8Array): Promise<{ device: Device; threads: number }> {
    if (!platform.devices.includes(device))
      throw new RuntimeError(`device "${device}" does not exist here, only ${platform.devices.join(", ")}. ${platform.adviceFor(device)}`);
    try {
      const onnxRuntime = await platform.load(device, threads);
      const settings = { device, threads: onnxRuntime.threads, spinning };
      const session = await onnxRuntime.createSession(probe, sessionOptions(settings));
      await session.run({ x: onnxRuntime.tensor({ dtype: "float32", shape: [1], data: new Float32Array(1) }) });
      await session.release();
      this.device = { onnxRuntime, settings };
      return { device, threads: onnxRuntime.threads };
    } catch (reason) {
      if (reason instanceof RuntimeError) throw reason;
      throw new RuntimeError(`device "${device}" does not work here. ${platform.adviceFor(device)} (ONNX Runtime: ${messageOf(reason)})`);
    }
  }

  compile({ session: id, label, model, weights, folder }: CompileRequest): Promise<void> {
    return this.inOrder(async () => {
      const recorder = this.profiled ? await platform.startProfile() : undefined;
      const externalData = weights.map(([path, { data }]) => ({ path, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }));
      try {
        const { onnxRuntime, settings } = this.opened();
        const session = await onnxRuntime.createSession(model, {
          ...sessionOptions(settings, folder),
          ...recorder?.sessionOptions,
          externalData,
        });
        this.sessions.set(id, { label, session, recorder });
      } catch (reason) {
        await recorder?.dispose();
        throw new RuntimeError(`${label}: ONNX Runtime could not compile it: ${messageOf(reason)}`);
      }
    });
  }

  run({ run, session: id, feeds, outputs, stores }: RunRequest): Promise<Record<string, HostTensor>> {
    this.waitingRuns.add(run);
    return this.inOrder(async () => {
      if (!this.waitingRuns.delete(run)) throw new RuntimeError("the run was cancelled");
      const { label, session } = this.session(id);
      const hosts = Object.entries(feeds).map(([name, feed]) => [name, "variable" in feed ? this.variable(feed.variable) : feed] as const);
      const fetched = await this.runSession(label, session, hosts, [...new Set([...outputs, ...Object.keys(stores)])]);
      for (const [name, { variable, place }] of Object.entries(stores)) {
        const stored = fromTensor(fetched[name]!);
        writeBlock(this.variable(variable), stored, place);
        if (!outputs.includes(name)) free(stored);
      }
      return Object.fromEntries(outputs.map((name) => [name, fromTensor(fetched[name]!)]));
    });
  }

  private async runSession(
    label: string,
    session: InferenceSession,
    feeds: readonly (readonly [string, HostTensor])[],
    fetches: string[],
  ): Promise<InferenceSession.ReturnType> {
    const { onnxRuntime } = this.opened();
    try {
      return await session.run(Object.fromEntries(feeds.map(([name, host]) => [name, onnxRuntime.tensor(host)])), fetches);
    } catch (reason) {
      const given = feeds.map(([name, host]) => `${name} ${describeTensor(host)}`).join(", ");
      throw new RuntimeError(`${label}: ONNX Runtime could not run it: ${messageOf(reason)}. Fed were: ${given}`);
    }
  }

  cancel(run: Id): Promise<void> {
    this.waitingRuns.delete(run);
    return Promise.resolve();
  }

  profile(id: Id): Promise<readonly OperatorTime[]> {
    return this.inOrder(async () => {
      const { label, session, recorder } = this.session(id);
      if (recorder === undefined) throw new RuntimeError(`${label}: nothing was profiled; make the runtime with profile: true`);
      session.endProfiling();
      return summariseProfile(await recorder.read());
    });
  }

  releaseSession(id: Id): Promise<void> {
    return this.inOrder(async () => {
      const { session, recorder } = this.session(id);
      this.sessions.delete(id);
      await session.release();
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

  private session(id: Id): CompiledGraph {
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

/** ONNX Runtime gives float16 as Float16Array where that exists; here it is bit patterns everywhere. */
function fromTensor({ type, dims, data }: Tensor): HostTensor {
  const dtype = type as DType;
  const values = data as HostData;
  return { dtype, shape: dims, data: dtype === "float16" ? new Uint16Array(values.buffer, values.byteOffset, values.length) : values };
}
