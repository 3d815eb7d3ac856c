/**
 * Where our time goes in `npm run bench:peers`: a process that runs the parts of our side with ONNX Runtime's profile on and says once, as a line of JSON, what it saw.
 *
 *     node bench/peers/profile.ts --size openflamingo-3b --weights int4-g128 --threads 2
 */
import { parseArgs } from "node:util";
import { loadModelFolder } from "../../src/checkpoint/model-folder.ts";
import type { Picture } from "../../src/data/picture.ts";
import { picturesTogether } from "../../src/generate/batch-size.ts";
import { LanguageContext } from "../../src/generate/language-context.ts";
import { MediaEncoder } from "../../src/generate/media-encoder.ts";
import { image } from "../../src/generate/medium.ts";
import { ModelSessions } from "../../src/generate/model-sessions.ts";
import {
  blockProduct,
  channelProduct,
  evaluateDimension,
  input,
  matmul,
  mean,
  parameter,
  type Tensor,
  toOnnx,
  topologicalOrder,
} from "../../src/graph/graph.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import { formatsOf } from "../../src/nn/scope.ts";
import { createRuntime, type OperatorTime, type Runtime } from "../../src/runtime/runtime.ts";
import { smollm2File } from "../../tools/smollm2-file.ts";
import { inTurns } from "../measure.ts";
import { noise } from "../random-model.ts";
import { ggufSessions } from "./gguf-model.ts";
import { type ComparedWeights, randomFolder } from "./random-folder.ts";
import type { Profile, Work } from "./reasons.ts";

const { values } = parseArgs({ options: { size: { type: "string" }, weights: { type: "string" }, threads: { type: "string" } } });
const threads = Number(values.threads);
const folder = await loadModelFolder(await randomFolder(values.size!, values.weights as ComparedWeights));
const network = new Flamingo(folder.config, formatsOf(folder.weights));
const openflamingo = async (runtime: Runtime) => new ModelSessions(network, folder.weights, runtime);

/** A fresh runtime, whose sessions are profiled. */
async function withRuntime<Result>(work: (runtime: Runtime) => Promise<Result>, profile = true): Promise<Result> {
  const runtime = await createRuntime({ device: "cpu", threads, profile });
  try {
    return await work(runtime);
  } finally {
    await runtime.dispose();
  }
}

function workOf(seconds: number, operators: readonly OperatorTime[], times: number): Work {
  return {
    seconds: seconds / times,
    operators: operators.map(({ operator, calls, microseconds }) => ({ operator, calls: calls / times, seconds: microseconds / 1e6 / times })),
  };
}

/** Tokens one by one after a first one, in one sequence. */
async function decoding(open: (runtime: Runtime) => Promise<ModelSessions>, media: boolean): Promise<Work> {
  return withRuntime(async (runtime) => {
    const sessions = await open(runtime);
    const context = LanguageContext.create(sessions, media);
    const shown = media ? await new MediaEncoder(sessions, folder.preprocessing).encode([image(blankPicture())]) : [];
    await context.read([{ tokens: [1], mediaOf: [shown.length - 1], media: shown }]);
    const tokens = 32;
    const started = performance.now();
    for (let i = 0; i < tokens; i++) await context.read([context.continuation(0, [100 + i])]);
    const seconds = (performance.now() - started) / 1000;
    const operators = await (await sessions.language(media)).profile();
    // The first token's run is in the profile too: one of equal length.
    return workOf(seconds * ((tokens + 1) / tokens), operators, tokens + 1);
  });
}

const together = picturesTogether(network);

/** Pictures that are encoded together, each. */
async function encoding(): Promise<Work> {
  return withRuntime(async (runtime) => {
    const session = await (await openflamingo(runtime)).vision();
    const [height, width] = folder.preprocessing.size;
    const pixels = noise([together, 3, height, width]);
    const started = performance.now();
    await session.run({ pixels });
    return workOf((performance.now() - started) / 1000, await session.profile(), together);
  });
}

function blankPicture(): Picture {
  const [height, width] = folder.preprocessing.size;
  return { width, height, data: new Uint8ClampedArray(3 * width * height) };
}

/** Additions and multiplications of one picture's products, convolutions included. */
function pictureOperations(): number {
  const size = (shape: Tensor["shape"]): number => shape.reduce<number>((product, dim) => product * evaluateDimension(dim, new Map([["images", 1]]))!, 1);
  return topologicalOrder(Object.values(network.graphs.vision())).reduce((sum, { operator: { name }, inputs: [a, b], outputs, attributes }) => {
    if (!["matmul", "blockProduct", "channelProduct", "convolution"].includes(name)) return sum;
    // Products of codes have no attributes that turn an operand.
    const transposeA = (attributes as { readonly transposeA?: boolean } | null)?.transposeA ?? false;
    const inner = name === "convolution" ? b!.shape.slice(1) : [a!.shape.at(transposeA ? -2 : -1)!];
    return sum + 2 * size(inner) * size(outputs[0]!.shape);
  }, 0);
}

/**
 * Operations a second of one product of the vision encoder's largest shape and nothing else, by how its weights are kept. One after the other, each in a runtime of its own: the threads of a
 * session that has nothing to do go on waiting actively for a while, and would take time from the next.
 */
async function bareProducts(): Promise<Profile["bare"]> {
  const [count, columns, rows] = [512, 1024, 4096];
  const x = input("x", "float32", [count, columns]);
  const blocks = columns / 128;
  const codes = parameter("codes", [rows, blocks, 64], zeros, "uint8");
  const products = {
    float32: matmul(x, parameter("weight", [rows, columns], zeros), { transposeB: true }),
    blocks4: blockProduct(x, { bits: 4, blockSize: 128, shape: [rows, columns], codes, scales: parameter("scales", [rows, blocks], zeros) }),
    channels: channelProduct(x, {
      shape: [rows, columns],
      codes: parameter("turned", [columns, rows], zeros, "int8"),
      scales: parameter("each", [rows], zeros),
    }),
  };
  const weights = new Map([
    ["weight", noise([rows, columns])],
    ["codes", { dtype: "uint8", shape: [rows, blocks, 64], data: new Uint8Array(rows * blocks * 64).fill(0x5a) } as const],
    ["scales", noise([rows, blocks])],
    ["turned", { dtype: "int8", shape: [columns, rows], data: new Int8Array(columns * rows).fill(0x25) } as const],
    ["each", noise([rows])],
  ]);
  const feeds = { x: noise([count, columns]) };
  const speed = (product: Tensor): Promise<number> =>
    withRuntime(async (runtime) => {
      const session = await runtime.compile(toOnnx({ outputs: { mean: mean(product, [0, 1]) } }), weights);
      const { run } = await inTurns({ run: () => session.run(feeds) }, 9);
      return (2 * count * columns * rows * 1000) / run;
    }, false);
  return { float32: await speed(products.float32), blocks4: await speed(products.blocks4), channels: await speed(products.channels) };
}

async function compiling(): Promise<Profile["compiling"]> {
  return withRuntime(async (runtime) => {
    const sessions = await openflamingo(runtime);
    const timed = async (compile: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await compile();
      return (performance.now() - started) / 1000;
    };
    return { vision: await timed(() => sessions.vision()), media: await timed(() => sessions.media()), language: await timed(() => sessions.language(true)) };
  }, false);
}

const profile: Profile = {
  pictureOperations: pictureOperations(),
  bare: await bareProducts(),
  encode: { ...(await encoding()), together },
  decode: await decoding(openflamingo, true),
  smollm2: await decoding((runtime) => ggufSessions(smollm2File, runtime), false),
  compiling: await compiling(),
};
process.stdout.write(`${JSON.stringify(profile)}\n`);
