import nano from "../recipes/nano/model.ts";
import { LanguageContext } from "../src/generate/language-context.ts";
import type { EncodedMedium } from "../src/generate/media-encoder.ts";
import { ModelSessions } from "../src/generate/model-sessions.ts";
import { toOnnx } from "../src/graph/graph.ts";
import type { FlamingoConfigInput } from "../src/model/config.ts";
import { createRuntime, type Runtime } from "../src/runtime/runtime.ts";
import { bareProducts } from "./bare-products.ts";
import { type Figure, inTurns } from "./measure.ts";
import { memoryReader } from "./memory-bandwidth.ts";
import { noise, randomModel } from "./random-model.ts";

/** The same graph with almost nothing to compute: what is left of its time is what a call costs. */
const smallest = {
  ...nano,
  resampler: { ...nano.resampler, width: 8, heads: 1, headDim: 2 },
  language: { ...nano.language, vocabulary: 64, width: 4 * nano.language.heads, hidden: 8 },
  fusion: { ...nano.fusion, heads: 4, headDim: 2 },
} satisfies FlamingoConfigInput;

const past = 128;
const prompt = 256;

/** Decoding and prefill of nano, with one picture in view. */
export async function generationFigures(rounds: number): Promise<readonly Figure[]> {
  const runtime = await createRuntime({ device: "cpu", worker: false });
  try {
    const real = await reader(nano, runtime);
    const empty = await reader(smallest, runtime);
    const memory = await memoryReader(runtime, 256e6);
    const same = await memoryReader(runtime, real.weightBytes);
    const decode = await inTurns({ real: real.token, empty: empty.token, memory: memory.run, same: same.run }, rounds, 10);
    const ideal = decode.same * (real.weightBytes / same.bytes);
    const products = await bareProducts(
      real.network.graphs.language({ media: true, logits: "rows" }),
      new Map(Object.entries({ batch: 1, tokens: prompt, past: 1, prefix: 1, rows: 1, media: 1, segment: prompt })),
      runtime,
    );
    const prefill = await inTurns({ whole: real.prompt, products: products.run }, rounds, 4);
    return [
      { name: "memory bandwidth (a product of one row with 256 MB of weights)", value: memory.bytes / decode.memory / 1e6, unit: "GB/s" },
      {
        name: "the same with as many bytes of weights as nano reads for a token, which caches hold in part",
        value: same.bytes / decode.same / 1e6,
        unit: "GB/s",
      },
      { name: "decode: time per token", value: decode.real, unit: "ms" },
      { name: "decode: weights read per token", value: real.weightBytes / 1e6, unit: "MB" },
      { name: "decode: share of what weight bytes over that bandwidth allow", value: ideal / decode.real, unit: "", target: "at least 0.7" },
      { name: "decode: overhead of a call (the same graph with smallest widths)", value: 1000 * decode.empty, unit: "µs" },
      { name: "decode: share, overhead of the call left out", value: ideal / (decode.real - decode.empty), unit: "" },
      { name: `prefill of ${prompt} tokens`, value: prefill.whole, unit: "ms" },
      { name: `prefill: its ${products.count} products bare (${(products.operations / 1e9).toFixed(1)} GFLOP)`, value: prefill.products, unit: "ms" },
      { name: "prefill over bare products", value: prefill.whole / prefill.products, unit: "", target: "at most 1.3" },
    ];
  } finally {
    await runtime.dispose();
  }
}

/** Reads tokens as generation does: through a context with caches. */
async function reader(config: FlamingoConfigInput, runtime: Runtime) {
  const { network, weights } = randomModel(config);
  const sessions = new ModelSessions(network, weights, runtime);
  const { spatial, width } = network.vision;
  const { media } = { media: await (await sessions.media()).run({ features: noise([1, 1, spatial, width]) }) };
  const medium: EncodedMedium = { layers: media };
  const context = LanguageContext.create(sessions);
  const words = (count: number) => ({ tokens: Array.from({ length: count }, (_, i) => (7 * i) % 60), mediaOf: new Array<number>(count).fill(0) });
  await context.read([{ ...words(past), media: [medium] }]);
  const used = toOnnx({ outputs: network.graphs.language({ media: true, logits: "rows" }) }).parameters;
  return {
    network,
    weightBytes: used.reduce((sum, { shape }) => sum + 4 * shape.reduce((product, size) => product * size, 1), 0),
    token: () => context.read([{ ...words(1), media: [] }]),
    prompt: async () => {
      const fresh = LanguageContext.create(sessions);
      await fresh.read([{ ...words(prompt), media: [medium] }]);
      await fresh.dispose();
    },
  };
}
