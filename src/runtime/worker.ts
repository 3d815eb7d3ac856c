import { platform } from "#runtime-platform";
import { Engine } from "./engine.ts";
import { messageOf } from "./errors.ts";
import { free, type HostTensor, type InitialTensor } from "./host-tensor.ts";
import type { CompileRequest, RequestMessage, RunRequest } from "./protocol.ts";

/** The worker's entry: an engine that is called by messages. */
const engine = new Engine();
const answer = platform.listen((message) => void serve(message as RequestMessage));

async function serve({ id, method, arguments: values }: RequestMessage): Promise<void> {
  try {
    const call = engine[method] as (...values: unknown[]) => Promise<unknown>;
    const value = await call.apply(engine, [...values]);
    answer({ id, value }, buffersOf(method, value));
  } catch (reason) {
    answer({ id, error: messageOf(reason) }, []);
  } finally {
    for (const tensor of copiesFor(method, values)) free(tensor);
  }
}

/** Tensors that were copied on their way here, so that nobody else has them. To the collector, which would come late, they look small. */
function copiesFor(method: RequestMessage["method"], [first, second]: RequestMessage["arguments"]): HostTensor[] {
  switch (method) {
    case "run":
      return Object.values((first as RunRequest).feeds).filter((feed) => "data" in feed);
    case "compile":
      return (first as CompileRequest).weights.map(([, tensor]) => tensor);
    case "createVariable":
    case "writeVariable":
      return [second as InitialTensor].filter((tensor): tensor is HostTensor => tensor.data !== undefined);
    default:
      return [];
  }
}

/** Results are made for the caller alone, so their memory moves to it instead of being copied. */
function buffersOf(method: RequestMessage["method"], value: unknown): ArrayBuffer[] {
  const tensors = method === "run" ? Object.values(value as Record<string, HostTensor>) : method === "readVariable" ? [value as HostTensor] : [];
  return [...new Set(tensors.map(({ data }) => data.buffer as ArrayBuffer))];
}
