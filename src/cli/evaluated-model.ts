import { type Command, InvalidArgumentError, Option } from "commander";
import type { ShotsAs } from "../evaluate/answering/chat-messages.ts";
import { Endpoint, type RankBy } from "../evaluate/answering/endpoint.ts";
import { EndpointClient } from "../evaluate/answering/endpoint-client.ts";
import { LocalModel } from "../evaluate/answering/local-model.ts";
import { PermutedExamples } from "../evaluate/answering/permuted-examples.ts";
import type { Respondent } from "../evaluate/answering/respondent.ts";
import type { Provenance } from "../evaluate/predictions.ts";
import type { TokenUsage } from "../evaluate/question.ts";
import type { ShownMedia } from "../evaluate/shown-media.ts";
import { modelIdentity } from "../generate/support-set-file.ts";
import { Flamingo } from "../index.ts";
import { engineVersion } from "../runtime/runtime.ts";
import { type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { countUpTo, inRange, refuseWithout } from "./option-values.ts";

/** Who is asked: a model of this package, or one behind a server. */
export interface EvaluatedOptions extends DeviceOptions {
  readonly model?: string;
  readonly endpoint?: string;
  readonly shotsAs?: ShotsAs;
  readonly system?: string;
  readonly rankBy?: RankBy;
  readonly concurrency?: number;
  readonly perMinute?: number;
  readonly retries?: number;
  readonly timeout?: number;
  readonly keyVariable?: string;
  readonly price?: TokenUsage;
  readonly encoder?: string;
  readonly orders: number;
  readonly seed: number;
}

export function addEvaluatedOptions(command: Command): Command {
  return command
    .option("--model <name>", "an embedded model, a folder with a flamingo.json, or with --endpoint a model of that server (default: nano)")
    .option("--endpoint <url>", "ask a server that speaks OpenAI's form instead, such as http://127.0.0.1:8000/v1")
    .addOption(new Option("--shots-as <form>", "examples as earlier turns, or all in the one message that asks (default: turns)").choices(["turns", "message"]))
    .option("--system <text>", "what a server's model is told first")
    .addOption(
      new Option("--rank-by <what>", "how a server ranks choices (default: auto, as well as it can)").choices(["auto", "likelihood", "first-token", "words"]),
    )
    .option("--concurrency <number>", "requests to a server at the same time (default: 4)", countUpTo(1000))
    .option("--per-minute <number>", "requests to a server in a minute (default: no limit)", inRange({ least: 0, above: true }))
    .option("--retries <number>", "times that a request is made again (default: 6)", inRange({ whole: true, least: 0, most: 100 }))
    .option("--timeout <seconds>", "until a request is made again (default: 600)", inRange({ least: 0, above: true, most: 86_400 }))
    .option("--key-variable <name>", "variable of the environment with the server's key (default: FLAMINGO_API_KEY)")
    .option("--price <prompt,answer>", "what a million tokens of each cost, to be added up", price)
    .option("--encoder <name>", "model whose frozen encoder compares pictures (default: the model that is asked; for a server nano)")
    .option("--orders <number>", "orders of the examples over which the likelihood of choices is averaged; the paper has 6", countUpTo(1000), 1);
}

function price(text: string): TokenUsage {
  const [prompt, answer, ...more] = text.split(",").map((each) => (each.trim() === "" ? Number.NaN : Number(each)));
  if (!(prompt! >= 0 && answer! >= 0) || more.length > 0) throw new InvalidArgumentError("It must be two numbers, such as 2.5,10.");
  return { prompt: prompt!, answer: answer! };
}

export interface EvaluatedModel {
  readonly name: string;
  readonly respondent: Respondent;
  /** Compares pictures. */
  readonly encoder: Flamingo;
  /** The model that is asked, where it is here. */
  readonly model: Flamingo | undefined;
  readonly provenance: Provenance;
  /** Where the arithmetic ran. */
  readonly facts: Readonly<Record<string, unknown>>;
  dispose(): Promise<void>;
}

/** @throws UsageError when options do not belong together */
export async function openEvaluatedModel(options: EvaluatedOptions, media: ShownMedia, beams: number): Promise<EvaluatedModel> {
  const opened = await (options.endpoint === undefined ? localModel(options, media, beams) : endpointModel(options, options.endpoint, media));
  const { orders, seed } = options;
  if (orders === 1) return opened;
  return { ...opened, respondent: new PermutedExamples(opened.respondent, orders, seed), provenance: { ...opened.provenance, orders } };
}

async function localModel(options: EvaluatedOptions, media: ShownMedia, beams: number): Promise<EvaluatedModel> {
  const { shotsAs, system, rankBy, concurrency, perMinute, retries, timeout, keyVariable, price: given } = options;
  refuseWithout("they belong to an --endpoint", {
    "--shots-as": shotsAs,
    "--system": system,
    "--rank-by": rankBy,
    "--concurrency": concurrency,
    "--per-minute": perMinute,
    "--retries": retries,
    "--timeout": timeout,
    "--key-variable": keyVariable,
    "--price": given,
  });
  const { model: name = "nano" } = options;
  // Nothing else is to be done meanwhile, so the arithmetic need not be in another thread.
  const model = await Flamingo.load(name, { worker: false, ...runtimeOptions(options) });
  sayDevice(options, model);
  const encoder =
    options.encoder === undefined || options.encoder === name ? model : await Flamingo.load(options.encoder, { worker: false, ...runtimeOptions(options) });
  const respondent = new LocalModel(model, media, beams);
  const { device, threads } = model;
  return {
    ...{ name, respondent, encoder, model },
    provenance: { onnxruntime: engineVersion, device, model: name, weights: await modelIdentity(model.folder), beams, ...(await encoderOf(encoder, model)) },
    facts: { device, threads, beams },
    async dispose() {
      await respondent.dispose();
      await model.dispose();
      if (encoder !== model) await encoder.dispose();
    },
  };
}

async function encoderOf(encoder: Flamingo, model: Flamingo | undefined): Promise<Provenance> {
  return encoder === model ? {} : { encoder: await modelIdentity(encoder.folder) };
}

async function endpointModel(options: EvaluatedOptions, endpoint: string, media: ShownMedia): Promise<EvaluatedModel> {
  const { model: name, shotsAs = "turns", system, rankBy = "auto", concurrency = 4, perMinute, retries, timeout, keyVariable } = options;
  if (name === undefined) throw new UsageError("--endpoint needs --model NAME: a model that the server has");
  const url = endpointUrl(endpoint);
  const key = process.env[keyVariable ?? "FLAMINGO_API_KEY"];
  if (keyVariable !== undefined && key === undefined) throw new UsageError(`--key-variable ${keyVariable}: there is no such variable in the environment`);
  const client = new EndpointClient({
    ...{ url, key, perMinute },
    ...(retries === undefined ? {} : { retries }),
    ...(timeout === undefined ? {} : { timeout }),
    onRetry: (message) => process.stderr.write(`${message}\n`),
  });
  const respondent = new Endpoint(client, media, { model: name, shotsAs, system, rankBy, atOnce: concurrency });
  const encoder = await Flamingo.load(options.encoder ?? "nano", { worker: false, ...runtimeOptions(options) });
  return {
    ...{ name, respondent, encoder, model: undefined },
    provenance: { endpoint: url, model: name, shotsAs, ...(system === undefined ? {} : { system }), rankBy, ...(await encoderOf(encoder, undefined)) },
    facts: { endpoint: url, concurrency },
    dispose: () => encoder.dispose(),
  };
}

/** Servers have their interface below /v1, unless the address says otherwise. */
function endpointUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(`--endpoint ${text}: it must be an address, such as http://127.0.0.1:8000/v1`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new UsageError(`--endpoint ${text}: it must begin with http:// or https://`);
  return url.pathname === "/" ? `${url.origin}/v1` : text.replace(/\/+$/, "");
}
