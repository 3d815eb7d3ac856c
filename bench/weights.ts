import { convertWeights } from "../src/checkpoint/convert-weights.ts";
import { LanguageContext } from "../src/generate/language-context.ts";
import { ModelSessions } from "../src/generate/model-sessions.ts";
import { type FlamingoConfigInput, parseFlamingoConfig } from "../src/model/config.ts";
import { Flamingo } from "../src/model/flamingo.ts";
import type { BlockFormat } from "../src/nn/scope.ts";
import { createRuntime, type HostTensor, type Runtime } from "../src/runtime/runtime.ts";
import { type Figure, inTurns } from "./measure.ts";
import { randomModel } from "./random-model.ts";

/** GPT-2's size: its 124M weights do not fit into the processor's caches. */
const config = {
  vision: { kind: "mobilenet-v2", imageSize: 32, features: ["stride32"] },
  resampler: { kind: "perceiver", width: 32, layers: 1, heads: 1, headDim: 32, latents: 2, frames: 1 },
  language: { vocabulary: 50_257, width: 768, blocks: 12, heads: 12, maxTokens: 512 },
  fusion: { kind: "gated-cross-attention-dense", heads: 1, headDim: 32, placement: "single", hidden: 32 },
} as const satisfies FlamingoConfigInput;

const past = 64;
const promptTokens = 128;

/** The language model alone with weights of 4, 8 and 32 bits, in turns. */
export async function weightFigures(rounds: number): Promise<readonly Figure[]> {
  const runtime = await createRuntime({ device: "cpu", worker: false });
  try {
    const { network, weights } = randomModel(config);
    const float32 = await reader(network, weights, runtime);
    const int8 = await reader(...inBlocks(weights, { bits: 8, offsets: false }), runtime);
    const int4 = await reader(...inBlocks(weights, { bits: 4, offsets: false }), runtime);
    const readers = { float32, int8, int4 };
    const decode = await inTurns({ float32: float32.token, int8: int8.token, int4: int4.token }, rounds, 6);
    const prefill = await inTurns({ float32: float32.prompt, int8: int8.prompt, int4: int4.prompt }, Math.ceil(rounds / 4));
    return (["float32", "int8", "int4"] as const).flatMap((name): Figure[] => [
      { name: `weights of ${name}: memory`, value: readers[name].bytes / 1e6, unit: "MB" },
      { name: `weights of ${name}: decode, one token`, value: decode[name], unit: "ms" },
      { name: `weights of ${name}: decode, times the speed of float32`, value: decode.float32 / decode[name], unit: "" },
      { name: `weights of ${name}: prefill of ${promptTokens} tokens`, value: prefill[name], unit: "ms" },
      { name: `weights of ${name}: prefill, times the speed of float32`, value: prefill.float32 / prefill[name], unit: "" },
    ]);
  } finally {
    await runtime.dispose();
  }
}

function inBlocks(weights: ReadonlyMap<string, HostTensor>, format: BlockFormat): [Flamingo, ReadonlyMap<string, HostTensor>] {
  const network = new Flamingo(parseFlamingoConfig(config), (path) => (path.startsWith("language.") ? format : undefined));
  return [network, new Map(convertWeights(network.weights(), weights))];
}

async function reader(network: Flamingo, weights: ReadonlyMap<string, HostTensor>, runtime: Runtime) {
  const sessions = new ModelSessions(network, weights, runtime);
  const words = (count: number) => ({ tokens: Array.from({ length: count }, (_, i) => (7 * i) % 60), mediaOf: new Array<number>(count).fill(-1), media: [] });
  const context = await LanguageContext.create(sessions, false);
  await context.read([words(past)]);
  return {
    bytes: [...weights].reduce((sum, [path, { data }]) => sum + (path.startsWith("language.") ? data.byteLength : 0), 0),
    token: () => context.read([words(1)]),
    prompt: async () => {
      const fresh = await LanguageContext.create(sessions, false);
      await fresh.read([words(promptTokens)]);
      await fresh.dispose();
    },
  };
}
