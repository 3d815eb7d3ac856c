/**
 * A language model from a GGUF file, decoded by ONNX Runtime's C interface: a process that does as ../peers/gguf.ts does for decoding alone, with caches that hold noise.
 *
 *     node bench/engine/native-decoder.ts FILE.gguf --graph language | step --rows 1 --threads 2
 *
 * `language` is the graph that reads everything, its new keys and values bound to small arrays that are then copied into the caches; `step` reads one token of each row and writes into the caches itself.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import small from "../../recipes/small/model.ts";
import { ggufLanguage, readGgufLanguage } from "../../src/checkpoint/published/gguf/language.ts";
import { openWeightsAt } from "../../src/checkpoint/weights.ts";
import { toOnnx, withParameters } from "../../src/graph/graph.ts";
import { parseFlamingoConfig } from "../../src/model/config.ts";
import { Flamingo } from "../../src/model/flamingo.ts";
import { formatsOf } from "../../src/nn/scope.ts";
import type { HostTensor } from "../../src/runtime/runtime.ts";
import { decodingTimes } from "../decoding-times.ts";
import { int64, noise } from "../random-model.ts";
import { NativeSession } from "./native.ts";

const { values, positionals } = parseArgs({
  options: { graph: { type: "string" }, rows: { type: "string", default: "1" }, threads: { type: "string", default: "2" } },
  allowPositionals: true,
});
const path = positionals[0]!;
const rows = Number(values.rows);
/** Places of the caches, for 512 tokens and 128 more. */
const size = 640;

const { file, close } = await openWeightsAt(path);
const language = await ggufLanguage(file, path);
const weights = new Map<string, HostTensor>();
for await (const [name, tensor] of readGgufLanguage(file, language, path, true)) weights.set(name, tensor);
await close();
const { config, graphs } = new Flamingo(parseFlamingoConfig({ ...small, language: language.config }), formatsOf(weights));
const { blocks, keyHeads, headDim, vocabulary } = config.language;

const graph = toOnnx({ outputs: values.graph === "step" ? graphs.step({ media: false }) : graphs.language({ media: false, logits: "rows" }) });
const bytes = ({ data }: HostTensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const session = new NativeSession(
  withParameters(graph, new Map(graph.parameters.map((each) => [each.path, bytes(weights.get(each.path)!)]))),
  Number(values.threads),
);

function bound<Tensor extends HostTensor>(name: string, tensor: Tensor): Tensor {
  session.input(name, tensor);
  return tensor;
}

const floats = (...shape: readonly number[]): HostTensor & { readonly data: Float32Array } => ({
  dtype: "float32",
  shape,
  data: new Float32Array(shape.reduce((product, each) => product * each, 1)),
});
const tokens = bound(
  "tokens",
  int64(
    [rows, 1],
    Array.from({ length: rows }, () => 0),
  ),
);
session.output("logits", floats(rows, vocabulary));
const caches = Array.from({ length: blocks }, (_, i) => [`${i}.key`, `${i}.value`])
  .flat()
  .map((name) => [name, bound(`cache.${name}`, noise([rows, keyHeads, size, headDim]))] as const);
const step = values.graph === "step" ? inPlaceStep() : languageStep();

/** @returns reads one token in every row at this place */
function inPlaceStep(): (place: number) => void {
  const past = bound("pastLengths", zeroLengths());
  for (const [name, cache] of caches) session.output(`kept.${name}`, cache);
  return (place) => {
    (past.data as BigInt64Array).fill(BigInt(place));
    session.run();
  };
}

function languageStep(): (place: number) => void {
  const zeros = Array.from({ length: rows }, () => 0);
  for (const name of ["branches", "places"]) bound(name, int64([rows, 1], zeros));
  const past = bound("pastLengths", zeroLengths());
  bound("prefixLength", int64([1], [0]));
  bound(
    "rows",
    int64(
      [rows],
      zeros.map((_, row) => row),
    ),
  );
  const fresh = caches.map(([name, cache]) => {
    bound(`prefix.${name}`, floats(1, keyHeads, 1, headDim));
    const made = floats(rows, keyHeads, 1, headDim);
    session.output(`new.${name}`, made);
    return [cache.data as Float32Array, made.data] as const;
  });
  return (place) => {
    (past.data as BigInt64Array).fill(BigInt(place));
    session.run();
    for (const [cache, made] of fresh)
      for (let head = 0; head < rows * keyHeads; head++) cache.set(made.subarray(head * headDim, (head + 1) * headDim), (head * size + place) * headDim);
  };
}

function zeroLengths(): HostTensor {
  return int64(
    [rows],
    Array.from({ length: rows }, () => 0),
  );
}

const measured = (prefill: number, decode: number): Promise<object> =>
  decodingTimes(decode, (i) => {
    (tokens.data as BigInt64Array).fill(BigInt(100 + i));
    step(prefill + i);
    return Promise.resolve();
  });
await measured(16, 2);
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { prefill, decode } = JSON.parse(line) as { prefill: number; decode: number };
  process.stdout.write(`${JSON.stringify(await measured(prefill, decode))}\n`);
}
