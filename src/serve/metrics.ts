import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { AnswerQueue } from "./answer-queue.ts";
import type { SupportSetStore } from "./support-set-store.ts";

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What an operator watches, in Prometheus's form. */
export class ServeMetrics {
  readonly registry = new Registry();
  private readonly requests: Counter<"path" | "status">;
  private readonly durations: Histogram<"path">;
  private readonly firstToken: Histogram;
  private readonly speed: Histogram;
  private readonly promptTokens: Counter;
  private readonly generatedTokens: Counter;
  private readonly pictures: Counter;
  private readonly supportSets: Counter<"found">;

  constructor() {
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
    this.firstToken = new Histogram({
      name: "flamingo_time_to_first_token_seconds",
      help: "From the arrival of a request, waiting included.",
      buckets: seconds,
      registers,
    });
    this.speed = new Histogram({
      name: "flamingo_answer_tokens_per_second",
      help: "Of each answer after its first token.",
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
      registers,
    });
    this.promptTokens = new Counter({
      name: "flamingo_prompt_tokens_total",
      help: "Tokens of prompts, those of support sets included; its rate is tokens per second.",
      registers,
    });
    this.generatedTokens = new Counter({ name: "flamingo_generation_tokens_total", help: "Tokens of answers; its rate is tokens per second.", registers });
    this.pictures = new Counter({ name: "flamingo_pictures_total", help: "Pictures that came with requests; its rate is pictures per second.", registers });
    this.supportSets = new Counter({
      name: "flamingo_support_set_requests_total",
      help: "Requests for a support set, by where it was found.",
      labelNames: ["found"],
      registers,
    });
  }

  /** What is read off when somebody asks. */
  watch(queue: AnswerQueue, supportSets: SupportSetStore): void {
    const gauge = (name: string, help: string, value: () => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    };
    gauge("flamingo_num_requests_waiting", "Requests in the queue.", () => queue.waitingCount);
    gauge("flamingo_num_requests_running", "Requests that the model works on.", () => queue.runningCount);
    gauge("flamingo_support_sets", "Support sets in memory.", () => supportSets.count);
    gauge("flamingo_support_set_bytes", "What they take.", () => supportSets.bytes);
  }

  answered(path: string, status: number, duration: number): void {
    this.requests.inc({ path, status });
    this.durations.observe({ path }, duration);
  }

  asked(promptTokens: number, pictures: number): void {
    this.promptTokens.inc(promptTokens);
    this.pictures.inc(pictures);
  }

  found(where: "memory" | "disk" | "nowhere"): void {
    this.supportSets.inc({ found: where });
  }

  /** @param times - of each token of an answer, in milliseconds since its request came */
  generated(times: readonly number[]): void {
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined) return;
    this.firstToken.observe(first / 1000);
    this.generatedTokens.inc(times.length);
    if (last > first) this.speed.observe((times.length - 1) / ((last - first) / 1000));
  }
}
