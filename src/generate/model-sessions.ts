import { type OnnxGraph, toOnnx } from "../graph/graph.ts";
import type { Flamingo as Network } from "../model/flamingo.ts";
import type { Outputs } from "../model/flamingo-graphs.ts";
import type { CompileOptions, Runtime, Session, WeightStore } from "../runtime/runtime.ts";

/** The graphs of one model, compiled when they are first needed. What they give is numbers: a run that gives others fails, with the graph's name. */
export class ModelSessions {
  readonly network: Network;
  readonly runtime: Runtime;
  private readonly mediaRuntime: Runtime;
  private readonly weights: WeightStore;
  private readonly compiled = new Map<string, Promise<Session>>();
  /** Each graph packs its weights anew. A model that is too large to be read into memory is too large for two of them, and its tokens take as long as its weights take to be read. */
  private readonly mapped: boolean;

  /** @param mediaRuntime - where pictures are encoded. Default: where the language model runs */
  constructor(network: Network, weights: WeightStore, runtime: Runtime, mediaRuntime = runtime) {
    this.network = network;
    this.weights = weights;
    this.runtime = runtime;
    this.mediaRuntime = mediaRuntime;
    this.mapped = [...network.parameters().keys()].some((path) => "file" in (weights.get(path) ?? {}));
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
    if (!this.runtime.inPlace || !this.network.graphs.hasStep || this.mapped) return undefined;
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
