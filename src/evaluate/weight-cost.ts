/** What it costs to store a model's weights in fewer bits. */
import { convertWeights } from "../checkpoint/convert-weights.ts";
import type { ModelFolder } from "../checkpoint/model-folder.ts";
import type { TokenizedDocument } from "../data/document.ts";
import { EncodedMedia } from "../generate/encoded-media.ts";
import { LanguageContext } from "../generate/language-context.ts";
import { largest, logProbabilities } from "../generate/log-probabilities.ts";
import { MediaEncoder } from "../generate/media-encoder.ts";
import type { Medium } from "../generate/medium.ts";
import { ModelSessions } from "../generate/model-sessions.ts";
import { Flamingo as Network } from "../model/flamingo.ts";
import { formatsOf } from "../nn/scope.ts";
import type { Runtime } from "../runtime/runtime.ts";

export interface WeightCost {
  readonly prompts: number;
  /** Positions of all prompts: at each the two models say what comes next. */
  readonly positions: number;
  /** Mean of KL(original ‖ converted) of the next token's distribution, in nats. */
  readonly divergence: number;
  /** Share of positions at which both find the same token likeliest. */
  readonly agreement: number;
  /** Median milliseconds for one token after the first prompt; undefined where the prompt leaves no room. */
  readonly decode: { readonly original: number; readonly converted: number } | undefined;
}

export interface WeightCostEvent {
  readonly done: number;
  readonly total: number;
  /** Of the prompts done so far. */
  readonly cost: WeightCost;
}

/** Tokens decoded in a turn, of which the first two do not count: they find the other model's weights in the processor's caches. */
const turn = 8;
const turns = 6;

/** Shows both models the same prompts; both are timed in turns, so that whatever else the machine does meets both alike. */
export async function* weightCost(
  folders: { readonly original: ModelFolder; readonly converted: ModelFolder },
  prompts: readonly TokenizedDocument<Medium>[],
  runtime: Runtime,
  signal?: AbortSignal,
): AsyncGenerator<WeightCostEvent> {
  const original = new Reader(folders.original, runtime);
  const converted = new Reader(folders.converted, runtime);
  let done = 0;
  for await (const lost of losses(original, converted, prompts, signal)) {
    done++;
    const decode = done === prompts.length ? await decodeTimes(original, converted, prompts[0]!) : undefined;
    yield { done, total: prompts.length, cost: { prompts: done, ...lost, decode } };
  }
}

/**
 * What of that cost is not the weights': products with matrices in 8 or 4 bits round what they multiply to 8 bits, in blocks (`graph/operators/block-product.ts`) or vector by vector (`w8a8`). Measured against the same weights in float32.
 * @returns undefined where no matrix is in few bits, or weights are mapped from their files, so that there may be no room for them in float32
 */
export async function activationCost(
  folder: ModelFolder,
  prompts: readonly TokenizedDocument<Medium>[],
  runtime: Runtime,
  signal?: AbortSignal,
): Promise<Pick<WeightCost, "divergence" | "agreement"> | undefined> {
  const { config, weights } = folder;
  const held = new Map([...weights].flatMap(([path, tensor]) => ("data" in tensor ? [[path, tensor] as const] : [])));
  if (held.size < weights.size || ![...weights.keys()].some((path) => path.endsWith(".codes"))) return undefined;
  const floats = new Map(convertWeights(new Network(config).weights(), held));
  const [exact, rounded] = [new Reader({ ...folder, weights: floats }, runtime), new Reader(folder, runtime)];
  let result: Pick<WeightCost, "divergence" | "agreement"> | undefined;
  for await (const { divergence, agreement } of losses(exact, rounded, prompts, signal)) result = { divergence, agreement };
  return result;
}

/** Of the prompts so far. */
async function* losses(
  original: Reader,
  converted: Reader,
  prompts: readonly TokenizedDocument<Medium>[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Pick<WeightCost, "positions" | "divergence" | "agreement">> {
  let [positions, divergence, agreed] = [0, 0, 0];
  for (const prompt of prompts) {
    signal?.throwIfAborted();
    const [expected, found] = [await original.scores(prompt), await converted.scores(prompt)];
    expected.forEach((scores, at) => {
      const [p, q] = [scores, found[at]!].map(logProbabilities) as [Float32Array, Float32Array];
      // What never comes adds nothing.
      divergence += p.reduce((sum, value, token) => (value === Number.NEGATIVE_INFINITY ? sum : sum + Math.exp(value) * (value - q[token]!)), 0);
      agreed += Number(largest(p, 1)[0] === largest(q, 1)[0]);
      positions++;
    });
    yield { positions, divergence: divergence / positions, agreement: agreed / positions };
  }
}

async function decodeTimes(original: Reader, converted: Reader, prompt: TokenizedDocument<Medium>): Promise<WeightCost["decode"]> {
  if (prompt.tokens.length + turns * turn > original.maxTokens) return undefined;
  const times: Record<"original" | "converted", number[]> = { original: [], converted: [] };
  const contexts = { original: await original.read(prompt), converted: await converted.read(prompt) };
  for (let round = 0; round < turns; round++) {
    for (const [name, { context }] of Object.entries(contexts)) {
      for (let step = 0; step < turn; step++) {
        const started = performance.now();
        await context.read([{ tokens: [prompt.tokens[step % prompt.tokens.length]!], mediaOf: [context.mediaCount(0) - 1], media: [] }]);
        if (step >= 2) times[name as keyof typeof times].push(performance.now() - started);
      }
    }
  }
  for (const { context } of Object.values(contexts)) await context.dispose();
  return { original: median(times.original), converted: median(times.converted) };
}

/** A model that reads whole prompts. */
class Reader {
  readonly maxTokens: number;
  private readonly sessions: ModelSessions;
  private readonly media: EncodedMedia;

  constructor({ config, weights, preprocessing }: ModelFolder, runtime: Runtime) {
    this.maxTokens = config.language.maxTokens;
    this.sessions = new ModelSessions(new Network(config, formatsOf(weights)), weights, runtime);
    this.media = new EncodedMedia(new MediaEncoder(this.sessions, preprocessing));
  }

  /** After every token: [tokens][vocabulary]. */
  async scores(prompt: TokenizedDocument<Medium>): Promise<Float32Array[]> {
    const { context, scores } = await this.read(prompt);
    await context.dispose();
    return scores;
  }

  async read({ tokens, mediaOf, media }: TokenizedDocument<Medium>): Promise<{ context: LanguageContext; scores: Float32Array[] }> {
    const context = LanguageContext.create(this.sessions);
    const [scores] = await context.readAll([{ tokens, mediaOf, media: await this.media.encode(media) }]);
    return { context, scores: scores! };
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
