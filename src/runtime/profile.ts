/** What one type of operator cost in the runs of a profiled session. */
export interface OperatorTime {
  readonly operator: string;
  /** The execution provider that ran it, such as `CPUExecutionProvider`. */
  readonly provider: string;
  readonly calls: number;
  readonly microseconds: number;
}

interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly dur?: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** Sums ONNX Runtime's profile (a JSON list of trace events) by operator type, slowest first. */
export function summariseProfile(json: string): readonly OperatorTime[] {
  const times = new Map<string, { operator: string; provider: string; calls: number; microseconds: number }>();
  for (const { cat, name, dur, args } of JSON.parse(json) as readonly ProfileEvent[]) {
    if (cat !== "Node" || !name?.endsWith("_kernel_time") || dur === undefined) continue;
    const { op_name: operator = "unknown", provider = "unknown" } = args ?? {};
    const key = `${operator} ${provider}`;
    const time = times.get(key) ?? { operator, provider, calls: 0, microseconds: 0 };
    time.calls += 1;
    time.microseconds += dur;
    times.set(key, time);
  }
  return [...times.values()].sort((a, b) => b.microseconds - a.microseconds);
}
