import { cpus, totalmem } from "node:os";
import { type Case, prefillTokens } from "./cases.ts";
import { gigabytes, time } from "./quantities.ts";
import { type ComparedWeights, comparedWeights, forEachWeights } from "./random-folder.ts";
import { type Profile, profileTable, reasons } from "./reasons.ts";

export interface Measured {
  /** Seconds. */
  readonly reference: number;
  /** Seconds, in the same turns. */
  readonly ours: Readonly<Record<ComparedWeights, number>>;
}

/** One way to run the reference. */
export interface Variant {
  readonly name: string;
  readonly measured: ReadonlyMap<string, Measured>;
  readonly peakBytes: number;
  readonly versions: string;
}

/** A language model against llama.cpp, in seconds: a prompt of 512 tokens, and each of 128 tokens after it. */
export interface LlamaFigures {
  /** The model, and the file. */
  readonly name: string;
  readonly prefill: { readonly reference: number; readonly ours: number };
  readonly decode: { readonly reference: number; readonly ours: number };
}

/** Of our model with one kind of weights. */
export interface OwnFigures {
  readonly peakBytes: number;
  /** Bytes per second that the engine reads weights with. */
  readonly bandwidth: number;
  /** Seconds of one token, in turns with the measurement of that bandwidth. */
  readonly tokenSeconds: number;
  /** Bytes of weights that one token reads. */
  readonly tokenBytes: number;
  /** Additions and multiplications of one token's products with weights, the head left out. */
  readonly tokenOperations: number;
  readonly startSeconds: number;
  /** Peak memory after each case, in bytes. */
  readonly peaks: ReadonlyMap<string, number>;
  readonly profile: Profile;
}

export interface Results {
  readonly size: string;
  readonly rounds: number;
  readonly threads: number;
  readonly variants: readonly Variant[];
  readonly cases: readonly Case[];
  readonly ours: Readonly<Record<ComparedWeights, OwnFigures>>;
  readonly llama: readonly LlamaFigures[];
}

/** What the targets are about. */
const judged = "int4-g128";

export interface Row {
  readonly case: string;
  readonly reference: string;
  readonly ours: Readonly<Record<ComparedWeights, Reached>>;
  readonly target: string;
  /** By what the targets are about, weights of 4 bits. */
  readonly met: boolean;
  /** Of a row that is not met: the reason, with the figures that show it. */
  readonly why: string | undefined;
}

interface Reached {
  readonly ours: string;
  readonly reached: string;
  readonly met: boolean;
}

/** The table, and the page that it is kept on. */
export function report(results: Results): { readonly rows: readonly Row[]; readonly table: string; readonly page: string } {
  const rows = [...results.cases.flatMap((each) => ratioRows(each, results)), ...ownRows(results), ...llamaRows(results)];
  const cells = (row: Row): string[] => [
    row.case,
    row.reference,
    ...comparedWeights.flatMap((weights) => [row.ours[weights].ours, row.ours[weights].reached]),
    row.target,
    ...comparedWeights.map((weights) => (row.ours[weights].reached === "" ? "" : row.ours[weights].met ? "yes" : "no")),
  ];
  const head = [
    "case",
    "reference",
    ...comparedWeights.flatMap((weights) => [`ours, ${weights}`, "reached"]),
    "must reach",
    ...comparedWeights.map((weights) => `met, ${weights}`),
  ];
  const table = `${[head, head.map(() => "---"), ...rows.map(cells)].map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
  return { rows, table, page: page(results, table, rows) };
}

function rowOf(row: Pick<Row, "case" | "reference" | "target" | "ours">, why: () => string): Row {
  const { met } = row.ours[judged];
  return { ...row, met, why: met ? undefined : why() };
}

function ratioRows(each: Case, results: Results): Row[] {
  const { name } = each;
  return each.targets.flatMap(({ over, atLeast }) => {
    const candidates = results.variants.filter((variant) => variant.measured.has(name) && (over === "best" || variant.name.startsWith(over)));
    const [best] = candidates.map(({ name: variant, measured }) => ({ variant, ...measured.get(name)! })).sort((a, b) => a.reference - b.reference);
    if (best === undefined) return [];
    const ours = forEachWeights((weights) => {
      const ratio = best.reference / best.ours[weights];
      return { ours: time(best.ours[weights]), reached: `${ratio.toPrecision(3)}x`, met: ratio >= atLeast };
    });
    const row = { case: name, reference: `${time(best.reference)} (${best.variant})`, ours, target: `${atLeast}x` };
    return [rowOf(row, () => reasonOf(each, results.ours[judged], best.ours[judged], best.reference / atLeast))];
  });
}

/** @param seconds - that ours took @param wanted - in which it would have reached its target */
function reasonOf({ ours: { case: kind, queries, chunkTokens, newTokens } }: Case, own: OwnFigures, seconds: number, wanted: number): string {
  if (kind === "encode") return reasons.picture(own, seconds);
  if (kind === "query") {
    const tokens = (queries as number) * ((chunkTokens as number) + (newTokens as number) - 2);
    return reasons.queries(own, seconds, wanted, queries as number, tokens);
  }
  return kind === "prefill" ? reasons.reading(own, seconds, prefillTokens) : reasons.decoding(own);
}

function ownRows({ variants, ours }: Results): Row[] {
  const rows: Row[] = [];
  const reading = comparedWeights.map(
    (weights) => `${weights} ${(ours[weights].tokenBytes / 1e9).toPrecision(3)} GB a token, at ${(ours[weights].bandwidth / 1e9).toPrecision(3)} GB/s`,
  );
  const shares = forEachWeights((weights) => {
    const { bandwidth, tokenBytes, tokenSeconds } = ours[weights];
    const share = tokenBytes / bandwidth / tokenSeconds;
    return { ours: time(tokenSeconds), reached: `${(100 * share).toFixed(0)}%`, met: share >= 0.8 };
  });
  rows.push(
    rowOf({ case: `decode: share of the memory bandwidth, measured in turns (${reading.join("; ")})`, reference: "", ours: shares, target: "80%" }, () =>
      reasons.bandwidth(ours[judged]),
    ),
  );
  const whole = variants.find(({ name }) => name === "float32");
  if (whole !== undefined) {
    const parts = forEachWeights((weights) => {
      const part = ours[weights].peakBytes / whole.peakBytes;
      return { ours: gigabytes(ours[weights].peakBytes), reached: part.toPrecision(2), met: part <= 0.25 };
    });
    rows.push(
      rowOf({ case: "peak memory", reference: `${gigabytes(whole.peakBytes)} (float32)`, ours: parts, target: "at most 0.25" }, () =>
        reasons.memory(ours[judged]),
      ),
    );
  }
  const starts = forEachWeights((weights) => {
    const { startSeconds } = ours[weights];
    return { ours: time(startSeconds), reached: time(startSeconds), met: startSeconds < 3 };
  });
  rows.push(rowOf({ case: "load to first token, warm disk", reference: "", ours: starts, target: "under 3 s" }, () => reasons.start(ours[judged])));
  return rows;
}

/** Its weights are those of its file, whatever the others are. */
function llamaRows({ llama, ours }: Results): Row[] {
  const row = (name: string, { reference, ours: own }: LlamaFigures["prefill"]): Row => {
    const found = { ours: time(own), reached: `${(reference / own).toPrecision(3)}x`, met: reference >= own };
    return rowOf(
      {
        case: name,
        reference: `${time(reference)} (llama.cpp)`,
        ours: forEachWeights((weights) => (weights === judged ? found : { ours: "", reached: "", met: found.met })),
        target: "1x",
      },
      () => reasons.llama(ours[judged]),
    );
  };
  return llama.flatMap(({ name, prefill, decode }) => [row(`${name}: prefill of 512 tokens`, prefill), row(`${name}: decode of 128 tokens, each`, decode)]);
}

function page({ size, rounds, threads, variants, ours }: Results, table: string, rows: readonly Row[]): string {
  const missed = rows.filter(({ met }) => !met).map(({ case: name, why }) => `- **${name}**: ${why}.`);
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `# Against the reference

What shared examples save an evaluation, \`npm run bench -- evaluation\`, is in [evaluating.md](evaluating.md#how-fast). What a server does under load, \`npm run bench -- load --seconds 300\` (16 clients at once against one after the other, 64 clients for
five minutes, its memory, 500 pictures), is in [serving.md](serving.md#many-clients); what 10,000 changed requests came to, \`MUTATED_REQUESTS=10000 npx vitest run --project node test/serve/mutated-requests.test.ts\`, and the requests that schemathesis makes, [there as well](serving.md#what-was-thrown-at-it).

\`npm run bench:peers\` prints this table and writes this page: the shape of ${size} with random values against OpenFlamingo's own code, taking turns; medians of ${rounds} ${rounds === 1 ? "round" : "rounds"}, ${threads} threads each.
Of the reference's variants (${variants.map(({ name }) => name).join(", ")}) the fastest counts, or the fastest of the type that the target names.

Ours is measured with the weights of \`flamingo convert MODEL --weights w8a8 --part fusion=F --part language=F\` where F is int4-g128, which the targets are about, and where F is w8a8: 8 bits, which
a token's weights read more slowly and a prompt's faster.

${cpus()[0]?.model ?? "unknown processor"}, ${threads} cores, ${memory} of memory; Node ${process.version}; ${variants[0]?.versions ?? ""}.

${table}
## Why targets were missed with int4-g128

${missed.length === 0 ? "None was." : missed.join("\n")}

## Where our time goes

The same parts with ONNX Runtime's profile on (\`bench/peers/profile.ts\`), in processes of their own after the table was measured.

${comparedWeights.map((weights) => `With ${weights}:\n\n${profileTable(ours[weights].profile)}`).join("\n")}`;
}
