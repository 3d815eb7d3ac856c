import { cpus, totalmem } from "node:os";
import { type Case, prefillTokens } from "./cases.ts";
import { gigabytes, time } from "./quantities.ts";
import { type Profile, profileTable, reasons } from "./reasons.ts";

export interface Measured {
  /** Seconds. */
  readonly reference: number;
  /** Seconds, in the same turns. */
  readonly ours: number;
}

/** One way to run the reference. */
export interface Variant {
  readonly name: string;
  readonly measured: ReadonlyMap<string, Measured>;
  readonly peakBytes: number;
  readonly versions: string;
}

/** SmolLM2-135M against llama.cpp: a prompt of 512 tokens, and each of 128 tokens after it. */
export interface LlamaFigures {
  readonly prefill: Measured;
  readonly decode: Measured;
}

export interface Results {
  readonly size: string;
  readonly rounds: number;
  readonly threads: number;
  readonly variants: readonly Variant[];
  readonly cases: readonly Case[];
  readonly ownPeakBytes: number;
  /** Bytes per second that the engine reads weights with. */
  readonly bandwidth: number;
  /** Seconds of one token, in turns with the measurement of that bandwidth. */
  readonly tokenSeconds: number;
  /** Bytes of weights that one token reads. */
  readonly tokenBytes: number;
  /** Additions and multiplications of one token's products with weights, the head left out. */
  readonly tokenOperations: number;
  readonly startSeconds: number;
  readonly smollm2: LlamaFigures | undefined;
  /** Peak memory of our process after each case, in bytes. */
  readonly peaks: ReadonlyMap<string, number>;
  readonly profile: Profile;
}

export interface Row {
  readonly case: string;
  readonly reference: string;
  readonly ours: string;
  readonly reached: string;
  readonly target: string;
  readonly met: boolean;
  /** Of a row that is not met: the reason, with the figures that show it. */
  readonly why: string | undefined;
}

/** The table, and the page that it is kept on. */
export function report(results: Results): { readonly rows: readonly Row[]; readonly table: string; readonly page: string } {
  const rows = [...results.cases.flatMap((each) => ratioRows(each, results)), ...ownRows(results), ...llamaRows(results)];
  const lines = rows.map(
    ({ case: name, reference, ours, reached, target, met }) => `| ${name} | ${reference} | ${ours} | ${reached} | ${target} | ${met ? "yes" : "no"} |`,
  );
  const table = `${["| case | reference | ours | reached | must reach | met |", "|---|---|---|---|---|---|", ...lines].join("\n")}\n`;
  return { rows, table, page: page(results, table, rows) };
}

function ratioRows(each: Case, results: Results): Row[] {
  const { name } = each;
  return each.targets.flatMap(({ over, atLeast }) => {
    const candidates = results.variants.filter((variant) => variant.measured.has(name) && (over === "best" || variant.name.startsWith(over)));
    const [best] = candidates.map(({ name: variant, measured }) => ({ variant, ...measured.get(name)! })).sort((a, b) => a.reference - b.reference);
    if (best === undefined) return [];
    const ratio = best.reference / best.ours;
    return [
      {
        case: name,
        reference: `${time(best.reference)} (${best.variant})`,
        ours: time(best.ours),
        reached: `${ratio.toPrecision(3)}x`,
        target: `${atLeast}x`,
        met: ratio >= atLeast,
        why: ratio >= atLeast ? undefined : reasonOf(each, results, best, atLeast),
      },
    ];
  });
}

function reasonOf({ ours: { case: kind, queries } }: Case, results: Results, { reference, ours }: Measured, atLeast: number): string {
  if (kind === "encode") return reasons.picture(results, ours);
  if (kind === "query") return reasons.queries(results, ours, reference / atLeast, queries as number);
  return kind === "prefill" ? reasons.reading(results, ours, prefillTokens) : reasons.decoding(results);
}

function ownRows(results: Results): Row[] {
  const { variants, ownPeakBytes, bandwidth, tokenBytes, tokenSeconds, startSeconds } = results;
  const share = tokenBytes / bandwidth / tokenSeconds;
  const rows: Row[] = [
    {
      case: `decode: share of the memory bandwidth, measured in turns (${(bandwidth / 1e9).toPrecision(3)} GB/s; ${(tokenBytes / 1e9).toPrecision(3)} GB a token)`,
      reference: "",
      ours: time(tokenSeconds),
      reached: `${(100 * share).toFixed(0)}%`,
      target: "80%",
      met: share >= 0.8,
      why: share >= 0.8 ? undefined : reasons.bandwidth(results),
    },
  ];
  const whole = variants.find(({ name }) => name === "float32");
  if (whole !== undefined) {
    const part = ownPeakBytes / whole.peakBytes;
    rows.push({
      case: "peak memory",
      reference: `${gigabytes(whole.peakBytes)} (float32)`,
      ours: gigabytes(ownPeakBytes),
      reached: part.toPrecision(2),
      target: "at most 0.25",
      met: part <= 0.25,
      why: part <= 0.25 ? undefined : reasons.memory(results),
    });
  }
  rows.push({
    case: "load to first token, warm disk",
    reference: "",
    ours: time(startSeconds),
    reached: time(startSeconds),
    target: "under 3 s",
    met: startSeconds < 3,
    why: startSeconds < 3 ? undefined : reasons.start(results),
  });
  return rows;
}

function llamaRows(results: Results): Row[] {
  const figures = results.smollm2;
  if (figures === undefined) return [];
  const row = (name: string, { reference, ours }: Measured): Row => ({
    case: `SmolLM2-135M, Q4_1 file: ${name}`,
    reference: `${time(reference)} (llama.cpp)`,
    ours: time(ours),
    reached: `${(reference / ours).toPrecision(3)}x`,
    target: "1x",
    met: reference >= ours,
    why: reference >= ours ? undefined : reasons.smollm2(results),
  });
  return [row("prefill of 512 tokens", figures.prefill), row("decode of 128 tokens, each", figures.decode)];
}

function page({ size, rounds, threads, variants, profile }: Results, table: string, rows: readonly Row[]): string {
  const missed = rows.filter(({ met }) => !met).map(({ case: name, why }) => `- **${name}**: ${why}.`);
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `# Against the reference

\`npm run bench:peers\` prints this table and writes this page: the shape of ${size} with random values, ours with matrices in 4 bits, the vision encoder's and the resampler's in 8 (\`flamingo convert --weights int4 --part vision=w8a8 --part resampler=w8a8\`), against OpenFlamingo's own
code, the two taking turns; medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}, ${threads} threads each. Of the reference's variants (${variants.map(({ name }) => name).join(", ")}) the fastest counts, or the fastest of the type
that the target names.

${cpus()[0]?.model ?? "unknown processor"}, ${threads} cores, ${memory} of memory; Node ${process.version}; ${variants[0]?.versions ?? ""}.

${table}
## Why targets were missed

${missed.length === 0 ? "None was." : missed.join("\n")}

## Where our time goes

The same parts with ONNX Runtime's profile on (\`bench/peers/profile.ts\`), in processes of their own after the table was measured.

${profileTable(profile)}`;
}
