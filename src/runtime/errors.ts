/** Something asked of the runtime that it cannot do: a device that is not there, a feed that does not fit, a run that ONNX Runtime refused. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
}

/** What a failure says, whatever was thrown. */
export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message.trim() : String(reason);
}
