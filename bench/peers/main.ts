/**
 * Ours against the reference implementation (OpenFlamingo's own code on PyTorch), in one run, at the shape of OpenFlamingo-3B with random values:
 *
 *     npm run bench:peers                       the table; takes more than an hour and 20 GB of memory, and writes docs/benchmarks.md
 *     npm run bench:peers -- --size small       does everything run? In minutes, writes nothing
 *     npm run bench:peers -- --rounds 1 --json
 *     npm run bench:peers -- --llama            language models from GGUF files against llama.cpp, and nothing else; in minutes, writes nothing
 *
 * The reference is measured in float32 and in bfloat16, each as it is and compiled (`torch.compile`); whichever is fastest counts. The two take turns, case by case, with equal threads, so that
 * whatever else the machine does meets both alike. Ours takes part twice: with the language model's weights in 4 bits, and in 8 for products in whole numbers. Each figure is the median over the rounds; of short cases after one that does not count. Long cases, which are made of the same work as
 * the short ones, are left out for a variant that was slower than another one at reading a prompt.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { median } from "../measure.ts";
import { cases, decodeRequest, prefillCase } from "./cases.ts";
import { pythonEnvironment } from "./environment.ts";
import { llamaModels } from "./llama-models.ts";
import { Peer } from "./peer.ts";
import { type ComparedWeights, comparedWeights, forEachWeights, randomFolder } from "./random-folder.ts";
import type { Profile } from "./reasons.ts";
import { type LlamaFigures, type Measured, type OwnFigures, report, type Variant } from "./report.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "openflamingo-3b" },
    rounds: { type: "string", default: "3" },
    variants: { type: "string", default: "float32,float32 compiled,bfloat16,bfloat16 compiled" },
    cases: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    llama: { type: "boolean", default: false },
  },
});
const run = promisify(execFile);
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds >= 1))
  throw new Error("usage: npm run bench:peers -- [--size openflamingo-3b | small] [--rounds N] [--cases PATTERN] [--llama] [--json]");
const threads = availableParallelism();
const show = (message: string): void => void process.stderr.write(`${message}\n`);
/** They take seconds. */
const startRounds = Math.max(3, rounds);
const startPicture = fileURLToPath(new URL("../../models/nano/drawings/noto/articulated-lorry.webp", import.meta.url));
const wanted = cases.filter(({ name }) => name.includes(values.cases));

const python = await pythonEnvironment(show);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
for (const { tool } of llamaModels) await run(process.execPath, [fileURLToPath(new URL(`../../tools/${tool}`, import.meta.url))]);
if (values.llama) {
  process.stdout.write(`${JSON.stringify(await againstLlama())}\n`);
  process.exit();
}
const size = ["--size", values.size, "--threads", `${threads}`];
show("making our models, building the package");
// Here, not in the process whose memory is measured.
const folders = new Map<ComparedWeights, string>();
for (const weights of comparedWeights) folders.set(weights, await randomFolder(values.size, weights));
await run("npm", ["run", "build"], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
const ours = new Map<ComparedWeights, Peer>();
for (const weights of comparedWeights)
  ours.set(weights, await Peer.start(process.execPath, ["--conditions=flamingo-source", script("ours.ts"), ...size, "--weights", weights]));
const variants: Variant[] = [];
const peaks = new Map<ComparedWeights, Map<string, number>>(comparedWeights.map((weights) => [weights, new Map()]));
for (const name of values.variants.split(",")) {
  const [dtype, compiled] = name.split(" ") as [string, string?];
  show(`the reference in ${name}`);
  const measured = new Map<string, Measured>();
  let reference: Peer | undefined;
  try {
    reference = await Peer.start(python, [script("reference.py"), ...size, "--dtype", dtype, ...(compiled === undefined ? [] : ["--compile"])]);
    for (const each of wanted) {
      if (each.long === true) {
        if (slowerReader(measured)) continue;
        // What it compiles for shapes that it has not met is no part of its answer.
        if (compiled !== undefined) await reference.ask(each.reference);
      }
      const theirs: number[] = [];
      const own = new Map<ComparedWeights, number[]>(comparedWeights.map((weights) => [weights, []]));
      for (let round = each.long === true ? 1 : 0; round <= rounds; round++) {
        const seconds = await reference.seconds(each.reference);
        if (round > 0) theirs.push(seconds * (each.share ?? 1));
        for (const [weights, peer] of ours) {
          const found = await peer.seconds(each.ours);
          if (round > 0) own.get(weights)!.push(found);
        }
      }
      if (variants.length === 0) for (const [weights, peer] of ours) peaks.get(weights)!.set(each.name, await peer.peakBytes());
      const figures = { reference: median(theirs), ours: forEachWeights((weights) => median(own.get(weights)!)) };
      measured.set(each.name, figures);
      const said = comparedWeights.map((weights) => `${weights} ${figures.ours[weights].toPrecision(3)} s`);
      show(`  ${each.name}: reference ${figures.reference.toPrecision(3)} s, ours ${said.join(", ")}`);
    }
    variants.push({ name, measured, peakBytes: await reference.peakBytes(), versions: reference.about["versions"] as string });
  } catch (error) {
    show(`  ${name} could not be measured: ${(error as Error).message}`);
  } finally {
    await reference?.end();
  }
}
const decoded = new Map<ComparedWeights, Pick<OwnFigures, "bandwidth" | "tokenSeconds" | "tokenBytes" | "tokenOperations" | "peakBytes">>();
for (const [weights, peer] of ours) {
  const peakBytes = await peer.peakBytes();
  decoded.set(weights, { ...((await peer.ask({ ...decodeRequest, case: "weights" })) as unknown as Omit<OwnFigures, "peakBytes">), peakBytes });
  await peer.end();
}
const llama = values.cases === "" ? await againstLlama() : [];
// Starting is measured in processes of their own: weights on a warm disk, nothing in memory.
const starts = new Map<ComparedWeights, number[]>(comparedWeights.map((weights) => [weights, []]));
for (let round = 0; round <= startRounds; round++) {
  for (const [weights, folder] of folders) {
    const fresh = await Peer.start(process.execPath, [script("start.ts"), folder, startPicture, `${threads}`]);
    if (round > 0) starts.get(weights)!.push(fresh.about["seconds"] as number);
    await fresh.end();
  }
}
show("where our time goes");
const profiles = new Map<ComparedWeights, Profile>();
for (const weights of comparedWeights) {
  const profiler = await Peer.start(process.execPath, ["--conditions=flamingo-source", script("profile.ts"), ...size, "--weights", weights]);
  await profiler.end();
  profiles.set(weights, profiler.about as unknown as Profile);
}
const result = report({
  size: values.size,
  rounds,
  threads,
  variants,
  cases: wanted,
  ours: forEachWeights((weights) => ({
    ...decoded.get(weights)!,
    startSeconds: median(starts.get(weights)!),
    peaks: peaks.get(weights)!,
    profile: profiles.get(weights)!,
  })),
  llama,
});

/** Seconds in each turn. */
interface Turns {
  readonly reference: number[];
  readonly ours: number[];
}

function medians({ reference, ours: own }: Turns): LlamaFigures["prefill"] {
  return { reference: median(reference), ours: median(own) };
}

/** Whether another variant of the reference reads a prompt faster than the one that was measured so. */
function slowerReader(measured: ReadonlyMap<string, Measured>): boolean {
  const reading = (figures: ReadonlyMap<string, Measured>): number => figures.get(prefillCase)?.reference ?? Number.POSITIVE_INFINITY;
  return variants.some((variant) => reading(variant.measured) < reading(measured));
}

/** Language models, each from one file, here and in llama.cpp, in turns; those whose files could be had. */
async function againstLlama(): Promise<LlamaFigures[]> {
  const found: LlamaFigures[] = [];
  for (const { name, file, entries } of llamaModels) {
    if (!existsSync(file)) continue;
    show(`${name} against llama.cpp`);
    const request = { prefill: 512, decode: 128 };
    const llama = await Peer.start(python, [script("llama.py"), file, `${entries}`, `${threads}`]);
    const peer = await Peer.start(process.execPath, ["--conditions=flamingo-source", script("gguf.ts"), file, "--threads", `${threads}`]);
    const figures: Record<"prefill" | "decode", Turns> = {
      prefill: { reference: [], ours: [] },
      decode: { reference: [], ours: [] },
    };
    for (let round = 0; round <= rounds; round++) {
      const [theirs, own] = [await llama.ask(request), await peer.ask(request)];
      if (round === 0) continue;
      for (const kind of ["prefill", "decode"] as const) {
        figures[kind].reference.push(theirs[kind] as number);
        figures[kind].ours.push(own[kind] as number);
      }
    }
    await llama.end();
    await peer.end();
    found.push({ name, prefill: medians(figures.prefill), decode: medians(figures.decode) });
  }
  return found;
}

process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : result.table);
if (values.size === "openflamingo-3b" && values.cases === "") await writeFile(fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url)), result.page);
