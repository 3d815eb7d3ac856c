import { startWorker } from "#runtime-worker";
import type { BlockPlace } from "./blocks.ts";
import { RuntimeError } from "./errors.ts";
import type { HostTensor, InitialTensor } from "./host-tensor.ts";
import type { WorkerHandle } from "./platform/platform.ts";
import type { CompileRequest, EngineCalls, Id, OpenRequest, RequestMessage, ResponseMessage, RunRequest } from "./protocol.ts";
import { compactTensor, sharedCopy } from "./tensor-transport.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** The engine of another thread, called by messages. */
export class WorkerEngine implements EngineCalls {
  private readonly pending = new Map<number, Pending>();
  private readonly worker: WorkerHandle;
  private nextId = 0;
  private failure: string | undefined;

  constructor() {
    this.worker = startWorker({ message: (message) => this.answered(message as ResponseMessage), failure: (reason) => this.failed(reason) });
  }

  open(request: OpenRequest): ReturnType<EngineCalls["open"]> {
    return this.call("open", request);
  }

  compile(request: CompileRequest): Promise<void> {
    return this.call("compile", { ...request, weights: request.weights.map(([path, tensor]) => [path, sharedCopy(tensor)] as const) });
  }

  run(request: RunRequest): ReturnType<EngineCalls["run"]> {
    const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, feed]) => [name, "variable" in feed ? feed : compactTensor(feed)]));
    return this.call("run", { ...request, feeds });
  }

  cancel(run: Id): Promise<void> {
    return this.call("cancel", run);
  }

  profile(session: Id): ReturnType<EngineCalls["profile"]> {
    return this.call("profile", session);
  }

  releaseSession(session: Id): Promise<void> {
    return this.call("releaseSession", session);
  }

  createVariable(variable: Id, { dtype, shape, data }: InitialTensor): Promise<void> {
    return this.call("createVariable", variable, data === undefined ? { dtype, shape } : compactTensor({ dtype, shape, data }));
  }

  writeVariable(variable: Id, tensor: HostTensor, place: BlockPlace): Promise<void> {
    return this.call("writeVariable", variable, compactTensor(tensor), place);
  }

  readVariable(variable: Id): Promise<HostTensor> {
    return this.call("readVariable", variable);
  }

  gatherVariable(variable: Id, indices: readonly number[], result: Id): Promise<void> {
    return this.call("gatherVariable", variable, indices, result);
  }

  selectVariable(variable: Id, indices: readonly number[]): Promise<void> {
    return this.call("selectVariable", variable, indices);
  }

  appendVariable(variable: Id, other: Id): Promise<void> {
    return this.call("appendVariable", variable, other);
  }

  resizeVariable(variable: Id, axis: number, size: number): Promise<void> {
    return this.call("resizeVariable", variable, axis, size);
  }

  releaseVariable(variable: Id): Promise<void> {
    return this.call("releaseVariable", variable);
  }

  async close(): Promise<void> {
    if (this.failure === undefined) {
      const closed = this.call("close");
      // What was asked before is answered before; nothing may be asked any more, since the worker must be idle when it is ended.
      this.failure = "the runtime was disposed";
      await closed;
    }
    await this.worker.terminate();
  }

  private call<Method extends keyof EngineCalls>(method: Method, ...values: Parameters<EngineCalls[Method]>): ReturnType<EngineCalls[Method]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.failure !== undefined) throw new RuntimeError(this.failure);
      const id = this.nextId++;
      this.worker.send({ id, method, arguments: values } satisfies RequestMessage);
      this.pending.set(id, { resolve, reject });
      this.worker.keepAlive(true);
    });
    return answer as ReturnType<EngineCalls[Method]>;
  }

  private answered(message: ResponseMessage): void {
    const waiting = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (this.pending.size === 0) this.worker.keepAlive(false);
    if ("error" in message) waiting?.reject(new RuntimeError(message.error));
    else waiting?.resolve(message.value);
  }

  private failed(reason: string): void {
    this.failure ??= reason;
    for (const { reject } of this.pending.values()) reject(new RuntimeError(this.failure));
    this.pending.clear();
  }
}
