import { type OnnxGraph, toOnnx } from "../graph/graph.ts";
import type { Flamingo as Network } from "../model/flamingo.ts";
import type { Outputs } from "../model/flamingo-graphs.ts";
import { byteLengthOf, type CompileOptions, type Runtime, type Session, type WeightStore } from "../runtime/runtime.ts";

/**
 * What a language model's weights may take that has a graph of its own for its next tokens. That one is compiled when the second token of an answer is asked for, once: nano's takes 70 ms and 45 MB, and saves 0.3 of a token's 1.3 ms; that
 * of SmolLM2-135M in blocks of 4 bits 350 ms and 220 MB, and saves 2.5 of 11 ms. So it pays after some 200 tokens, whatever the size, and every server and every chat comes to these; one short answer takes that much longer.
 * With 600 MB a token saves less than a tenth.
 */
const mostStepBytes = 600_000_000;

/** The graphs of one model, compiled when they are first needed. What they give is numbers: a run that gives others fails, with the graph's name. */
export class ModelSessions {
  readonly network: Network;
  readonly runtime: Runtime;
  private readonly mediaRuntime: Runtime;
  private readonly weights: WeightStore;
  private readonly compiled = new Map<string, Promise<Session>>();
  private readonly hasStep: boolean;

  /** @param mediaRuntime - where pictures are encoded. Default: where the language model runs */
  constructor(network: Network, weights: WeightStore, runtime: Runtime, mediaRuntime = runtime) {
    this.network = network;
    this.weights = weights;
    this.runtime = runtime;
    this.mediaRuntime = mediaRuntime;
    this.hasStep = runtime.inPlace && network.graphs.hasStep && affordsStep(network, weights);
  }

  /** `pixels` → `features`. */
  vision(): Promise<Session> {
    return this.compile(this.mediaRuntime, "the vision encoder", () => this.network.graphs.vision());
  }

  /** `features` → keys and values of every fusion layer. */
  media(): Promise<Session> {
    return this.compile(this.mediaRuntime, "the resampler", () => this.network.graphs.media());
  }

  /** For whatever is read: prompts, what rows share, branches. @param media - whether the fusion layers take part */
  language(media: boolean): Promise<Session> {
    return this.compile(
      this.runtime,
      media ? "the language model" : "the language model alone",
      () => this.network.graphs.language({ media, logits: "rows" }),
      "scores",
    );
  }

  /** One token of each row, where nothing is shared, faster than by {@link language}. undefined: there is no such graph here, and that one does it. */
  step(media: boolean): Promise<Session> | undefined {
    if (!this.hasStep) return undefined;
    return this.compile(
      this.runtime,
      media ? "the language model's next tokens" : "the language model's next tokens alone",
      () => this.network.graphs.step({ media }),
      "scores",
    );
  }

  /** As {@link language} with media, and beside the scores what the fusion layers look at: a graph of its own, so that the other one stays as fast as it is. */
  languageWithAttention(): Promise<Session> {
    return this.compile(
      this.runtime,
      "the language model with its attention",
      () => this.network.graphs.language({ logits: "rows", attention: true }),
      "scores",
    );
  }

  /** `features` → what the resampler's latents look at. @throws ConfigError when it is an MLP */
  async resamplerAttention(): Promise<Session> {
    return this.compile(this.mediaRuntime, "the resampler with its attention", () => this.network.graphs.resamplerAttention());
  }

  private compile(runtime: Runtime, name: string, outputs: () => Outputs, numbers: NonNullable<CompileOptions["numbers"]> = "finite"): Promise<Session> {
    let session = this.compiled.get(name);
    if (session === undefined) {
      const graph: OnnxGraph = toOnnx({ outputs: outputs() });
      session = runtime.compile(graph, this.weights, { name, numbers });
      this.compiled.set(name, session);
    }
    return session;
  }
}

/** Both graphs pack the weights for themselves, so that those that are mapped, or many, are held once: a token takes as long as it takes to read them, and nodes hardly count. */
function affordsStep(network: Network, store: WeightStore): boolean {
  const paths = [...network.parameters().keys()].filter((path) => /^(language|fusion)\./.test(path));
  const weights = paths.flatMap((path) => store.get(path) ?? []);
  return !weights.some((weight) => "file" in weight) && weights.reduce((sum, weight) => sum + byteLengthOf(weight), 0) <= mostStepBytes;
}
