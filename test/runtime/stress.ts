/**
 * Graphs, variables and runtimes in random shapes and orders: compiled, run, cancelled, written into, and disposed of while others are at work. Every result is looked at.
 *
 *     node --conditions=flamingo-source test/runtime/stress.ts '{"worker": true, "runs": 10000, "seed": 1}'
 */
import { add, concat, input, multiply, type OnnxGraph, parameter, toOnnx } from "../../src/graph/graph.ts";
import { zeros } from "../../src/nn/initialisers.ts";
import { createRuntime, type HostTensor, type Runtime, type Session, type Variable } from "../../src/runtime/runtime.ts";

export interface StressOptions {
  readonly worker: boolean;
  readonly runs: number;
  readonly seed: number;
}

const { worker, runs, seed } = JSON.parse(process.argv[2]!) as StressOptions;

let state = seed;
/** A whole number below this one. */
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** `y` is x + 1 in x's own memory where that can be; `z` is x and 2x, one behind the other. */
function graphOf(width: number): OnnxGraph {
  const x = input("x", "float32", ["rows", width]);
  return toOnnx({ outputs: { y: add(x, 1), z: concat([x, multiply(x, parameter("two", [1], zeros))], 1) } });
}

interface Open {
  readonly runtime: Runtime;
  readonly sessions: { readonly width: number; readonly session: Session }[];
  readonly variables: { readonly variable: Variable; values: Float32Array }[];
}

const two: HostTensor = { dtype: "float32", shape: [1], data: Float32Array.of(2) };
const opened: Open[] = [];
const pending: Promise<unknown>[] = [];
const wrong: string[] = [];

async function open(): Promise<Open> {
  const one = { runtime: await createRuntime({ device: "cpu", threads: 1 + random(2), worker }), sessions: [], variables: [] };
  opened.push(one);
  return one;
}

function numbers(rows: number, width: number): Float32Array {
  return Float32Array.from({ length: rows * width }, () => random(1000));
}

function compare(what: string, found: ArrayLike<number | bigint>, expected: Float32Array): void {
  if (found.length !== expected.length || expected.some((value, i) => value !== found[i])) wrong.push(what);
}

function expectedOf(values: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: 2 * values.length }, (_, i) => {
    const [row, column] = [Math.floor(i / (2 * width)), i % (2 * width)];
    return values[row * width + (column % width)]! * (column < width ? 1 : 2);
  });
}

for (let i = 0; i < runs; i++) {
  const one = opened.length === 0 || (opened.length < 3 && random(100) === 0) ? await open() : opened[random(opened.length)]!;
  if (one.sessions.length === 0 || random(20) === 0) {
    const width = 1 + random(70);
    one.sessions.push({ width, session: await one.runtime.compile(graphOf(width), new Map([["two", two]])) });
  }
  const { width, session } = one.sessions[random(one.sessions.length)]!;
  const values = numbers(random(40), width);
  const shape = [values.length / width, width];
  if (one.runtime.inPlace && random(2) === 0) {
    const known = one.variables.find(({ variable }) => variable.shape[1] === width);
    const target = known ?? { variable: await one.runtime.variable({ dtype: "float32", shape, data: values }), values };
    if (known === undefined) one.variables.push(target);
    const run = session.run({ x: target.variable }, { inPlace: { y: target.variable } });
    target.values = target.values.map((value) => value + 1);
    pending.push(run);
  } else {
    const abort = new AbortController();
    const run = session.run({ x: { dtype: "float32", shape, data: values } }, { signal: abort.signal });
    const looked = run.then(({ y, z }) => {
      compare(
        `y of run ${i}`,
        y!.data,
        values.map((value) => value + 1),
      );
      compare(`z of run ${i}`, z!.data, expectedOf(values, width));
    });
    if (random(5) === 0) abort.abort(new Error("enough"));
    pending.push(looked.catch((error: unknown) => void ((error as Error).message === "enough" || wrong.push(`run ${i}: ${(error as Error).message}`))));
  }
  if (random(10) === 0) await Promise.all(pending.splice(0));
  if (one.variables.length > 0 && random(15) === 0) {
    const [{ variable, values: expected }] = one.variables.splice(random(one.variables.length), 1) as [Open["variables"][number]];
    compare(`the variable after run ${i}`, (await variable.read()).data, expected);
    await variable.dispose();
  }
  // What was asked of it is answered before.
  if (one.sessions.length > 3) pending.push(one.sessions.splice(random(one.sessions.length), 1)[0]!.session.dispose());
  if (random(150) === 0) pending.push(opened.splice(opened.indexOf(one), 1)[0]!.runtime.dispose());
}
await Promise.all(pending);
await Promise.all(opened.map(({ runtime }) => runtime.dispose()));
for (const what of wrong.slice(0, 10)) process.stderr.write(`${what}\n`);
process.stdout.write(wrong.length === 0 ? `${runs} runs, all as they should be\n` : `${wrong.length} of ${runs} runs went wrong\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
