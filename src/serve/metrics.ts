import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AnswerEnd } from "../generate/decode.ts";
import type { AnswerQueue } from "./answer-queue.ts";
import { finishReason } from "./finish-reason.ts";
import type { ServedModel } from "./served-model.ts";
import type { SupportSetStore } from "./support-set-store.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const betweenTokens = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const tokens = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/**
 * What an operator watches, in Prometheus's form. What vLLM counts too has its name and its label, so that dashboards and autoscalers made for it work here; what only this server has begins with `flamingo_`.
 */
export class ServeMetrics {
  readonly registry = new Registry();
  private readonly model: ServedModel;
  private readonly requests: Counter<"path" | "status">;
  private readonly durations: Histogram<"path">;
  private readonly pictures: Counter;
  private readonly supportSets: Counter<"found">;
  private readonly promptTokens: Counter<"model_name">;
  private readonly generatedTokens: Counter<"model_name">;
  private readonly prefixQueries: Counter<"model_name">;
  private readonly prefixHits: Counter<"model_name">;
  private readonly finished: Counter<"model_name" | "finished_reason">;
  private readonly firstToken: Histogram<"model_name">;
  private readonly interToken: Histogram<"model_name">;
  private readonly wholeAnswer: Histogram<"model_name">;
  private readonly decoding: Histogram<"model_name">;
  private readonly promptLengths: Histogram<"model_name">;
  private readonly answerLengths: Histogram<"model_name">;

  constructor(model: ServedModel) {
    this.model = model;
    const registers = [this.registry];
    // Memory, processor time and the event loop's delay of this process.
    collectDefaultMetrics({ register: this.registry });
    this.requests = new Counter({
      name: "flamingo_requests_total",
      help: "Requests that were answered, by path and status.",
      labelNames: ["path", "status"],
      registers,
    });
    this.durations = new Histogram({
      name: "flamingo_request_duration_seconds",
      help: "From the arrival of a request to the beginning of its answer.",
      labelNames: ["path"],
      buckets: seconds,
      registers,
    });
    this.pictures = new Counter({ name: "flamingo_pictures_total", help: "Pictures that came with requests; its rate is pictures per second.", registers });
    this.supportSets = new Counter({
      name: "flamingo_support_set_requests_total",
      help: "Requests for a support set, by where it was found.",
      labelNames: ["found"],
      registers,
    });
    const counter = (name: string, help: string) => new Counter({ name: `vllm:${name}`, help, labelNames: ["model_name"], registers });
    const histogram = (name: string, help: string, buckets: number[]) =>
      new Histogram({ name: `vllm:${name}`, help, labelNames: ["model_name"], buckets, registers });
    this.promptTokens = counter("prompt_tokens_total", "Tokens of prompts, those of support sets included; its rate is tokens per second.");
    this.generatedTokens = counter("generation_tokens_total", "Tokens of answers; its rate is tokens per second.");
    this.prefixQueries = counter("prefix_cache_queries_total", "Tokens of prompts, each of which a support set might have read before.");
    this.prefixHits = counter("prefix_cache_hits_total", "Tokens of prompts that a support set had read before.");
    this.finished = new Counter({
      name: "vllm:request_success_total",
      help: "Answers that were made to their end, by why they ended.",
      labelNames: ["model_name", "finished_reason"],
      registers,
    });
    this.firstToken = histogram("time_to_first_token_seconds", "From the arrival of a request, waiting included.", seconds);
    this.interToken = histogram("inter_token_latency_seconds", "From each token of an answer to the next.", betweenTokens);
    this.wholeAnswer = histogram("e2e_request_latency_seconds", "From the arrival of a request to the last token of its answer.", seconds);
    this.decoding = histogram("request_decode_time_seconds", "From the first token of an answer to its last.", seconds);
    this.promptLengths = histogram("request_prompt_tokens", "Tokens of prompts.", tokens);
    this.answerLengths = histogram("request_generation_tokens", "Tokens of answers.", tokens);
  }

  private get label(): { model_name: string } {
    return { model_name: this.model.name };
  }

  /** What is read off when somebody asks. @param limit - bytes of support sets in memory */
  watch(queue: AnswerQueue, supportSets: SupportSetStore, limit: number): void {
    const { registry, model } = this;
    const ours = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(value());
        },
      });
    };
    const known = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name: `vllm:${name}`,
        help,
        labelNames: ["model_name"],
        registers: [registry],
        collect() {
          // While it is loading it has no name, and nothing waits for it.
          if (model.isLoaded) this.set({ model_name: model.name }, value());
        },
      });
    };
    known("num_requests_waiting", "Requests in the queue.", () => queue.waitingCount);
    known("num_requests_running", "Requests that the model works on.", () => queue.runningCount);
    known("kv_cache_usage_perc", "The share of the memory for support sets that they take: 1 is all of it.", () => supportSets.bytes / limit);
    ours("flamingo_support_sets", "Support sets in memory.", () => supportSets.count);
    ours("flamingo_support_set_bytes", "What they take.", () => supportSets.bytes);
  }

  answered(path: string, status: number, duration: number): void {
    this.requests.inc({ path, status });
    this.durations.observe({ path }, duration);
  }

  /** @param promptTokens - of all prompts of a request @param cached - those that a support set had read before */
  asked(promptTokens: number, pictures: number, cached = 0): void {
    this.promptTokens.inc(this.label, promptTokens);
    this.prefixQueries.inc(this.label, promptTokens);
    this.prefixHits.inc(this.label, cached);
    if (promptTokens > 0) this.promptLengths.observe(this.label, promptTokens);
    this.pictures.inc(pictures);
  }

  found(where: "memory" | "disk" | "nowhere"): void {
    this.supportSets.inc({ found: where });
  }

  /**
   * @param times - of each token of an answer, in milliseconds since its request came
   * @param end - of an answer that was made to its end
   */
  generated(times: readonly number[], end: AnswerEnd | undefined): void {
    const { label } = this;
    if (end !== undefined) this.finished.inc({ ...label, finished_reason: finishReason(end) });
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined) return;
    this.generatedTokens.inc(label, times.length);
    this.firstToken.observe(label, first / 1000);
    for (const [i, time] of times.entries()) if (i > 0) this.interToken.observe(label, (time - times[i - 1]!) / 1000);
    if (end === undefined) return;
    this.wholeAnswer.observe(label, last / 1000);
    this.decoding.observe(label, (last - first) / 1000);
    this.answerLengths.observe(label, times.length);
  }
}
