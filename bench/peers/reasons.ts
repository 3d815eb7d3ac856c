import { gigabytes, milliseconds, time } from "./quantities.ts";
import type { OwnFigures } from "./report.ts";

/** One piece of work, once: a token, a picture. */
export interface Work {
  readonly seconds: number;
  /** Slowest first. */
  readonly operators: readonly { readonly operator: string; readonly calls: number; readonly seconds: number }[];
}

/** What profile.ts saw. Speeds are operations a second. */
export interface Profile {
  readonly pictureOperations: number;
  /** One large product and nothing else. */
  readonly bare: { readonly float32: number; readonly blocks4: number; readonly channels: number };
  readonly encode: Work & { readonly together: number };
  readonly decode: Work;
  readonly smollm2: Work;
  /** Seconds to compile each graph by itself, from files that the system's cache holds. */
  readonly compiling: Readonly<Record<"vision" | "media" | "language", number>>;
}

/** Products of matrices, whose weights are in few bits or not. */
const blockProducts = ["MatMulNBits"];
const fewBitProducts = [...blockProducts, "MatMulIntegerToFloat"];
const floatProducts = ["MatMul", "FusedMatMul", "Gemm", "FusedGemm", "Conv"];

/** The profile as a table: where the seconds of one piece of work go. */
export function profileTable(profile: Profile): string {
  const row = (name: string, work: Work): string => {
    const inFewBits = secondsOf(work, fewBitProducts);
    const inFloats = secondsOf(work, floatProducts);
    const others = work.operators.filter(({ operator }) => ![...fewBitProducts, ...floatProducts].includes(operator));
    const largest = others.slice(0, 4).map(({ operator, calls, seconds }) => `${operator} ${milliseconds(seconds)} in ${calls.toFixed(0)}`);
    const nodes = work.operators.reduce((sum, { calls }) => sum + calls, 0);
    const rest = others.slice(4).reduce((sum, { seconds }) => sum + seconds, 0);
    const outside = work.seconds - work.operators.reduce((sum, { seconds }) => sum + seconds, 0);
    const cells = [name, work.seconds, inFewBits, inFloats, largest.join(", "), rest, outside, nodes.toFixed(0)];
    return `| ${cells.map((cell) => (typeof cell === "number" ? milliseconds(cell) : cell)).join(" | ")} |`;
  };
  return [
    "| one of | in all | products with weights in few bits | products of floats | the largest of the other operators | the rest of them | outside of operators | nodes |",
    "|---|---|---|---|---|---|---|---|",
    row(`${profile.encode.together} pictures encoded together`, profile.encode),
    row("tokens of the model, decoded one by one", profile.decode),
    row("tokens, SmolLM2-135M, decoded one by one", profile.smollm2),
    "",
  ].join("\n");
}

/** Why a figure is what it is, from what was measured in the same run: what the page says of a row that missed its target. */
export const reasons = {
  picture({ profile: { pictureOperations, encode, bare } }: OwnFigures, seconds: number): string {
    return (
      `a picture is ${giga(pictureOperations)} billion operations. Alone it was encoded at ${giga(pictureOperations / seconds)} billion a second, one of ${encode.together} at ${giga(pictureOperations / encode.seconds)}; ` +
      `one large product and nothing else reaches ${giga(bare.channels)} in whole numbers and ${giga(bare.float32)} with floats`
    );
  },
  /**
   * @param wanted - seconds in which it would have reached its target
   * @param tokens - that the language model reads for all queries together
   */
  queries(
    { profile: { pictureOperations, encode, bare }, tokenOperations }: OwnFigures,
    seconds: number,
    wanted: number,
    queries: number,
    tokens: number,
  ): string {
    const pictures = queries * encode.seconds;
    const atBest = (queries * pictureOperations) / bare.channels + (tokens * tokenOperations) / bare.blocks4;
    return (
      `it would have to take ${time(wanted)}. The ${queries} pictures that are asked about are ${giga(queries * pictureOperations)} billion operations and take ${time(pictures)} of the ${time(seconds)}, ` +
      `${giga(pictureOperations / encode.seconds)} billion a second of the ${giga(bare.channels)} that one large product in whole numbers reaches; ${tokens} tokens of questions and answers are ${giga(tokens * tokenOperations)} billion and take the rest, ` +
      `${giga((tokens * tokenOperations) / (seconds - pictures))} billion a second of the ${giga(bare.blocks4)} with weights in blocks. At the speed of one large product all of it would take ${time(atBest)}`
    );
  },
  reading({ profile: { bare }, tokenOperations }: OwnFigures, seconds: number, tokens: number): string {
    return (
      `the products of ${tokens} tokens with weights are ${giga(tokens * tokenOperations)} billion operations, done at ${giga((tokens * tokenOperations) / seconds)} billion a second; ` +
      `one large product and nothing else reaches ${giga(bare.blocks4)} with weights in blocks and ${giga(bare.float32)} with floats`
    );
  },
  decoding({ profile: { decode } }: OwnFigures): string {
    const inBlocks = secondsOf(decode, blockProducts);
    return `of a token's ${milliseconds(decode.seconds)} the products with weights in blocks take ${milliseconds(inBlocks)}, the other operators and what lies between them take the rest`;
  },
  bandwidth({ profile: { decode }, tokenBytes, bandwidth }: OwnFigures): string {
    const inBlocks = secondsOf(decode, blockProducts);
    return `the products with weights in blocks take ${milliseconds(inBlocks)} of ${milliseconds(decode.seconds)}, and read at ${((100 * tokenBytes) / inBlocks / bandwidth).toFixed(0)}% of the bandwidth themselves`;
  },
  memory({ peaks }: OwnFigures): string {
    return `our process had peaked at ${[...peaks].map(([name, bytes]) => `${gigabytes(bytes)} after "${name}"`).join(", ")}`;
  },
  start({ profile: { compiling } }: OwnFigures): string {
    return (
      `compiling takes ${time(compiling.language)} for the language model, where ONNX Runtime packs the blocks of every matrix for its kernels in one thread, ${time(compiling.vision)} for the vision encoder and ${time(compiling.media)} ` +
      "for the resampler; the rest is the picture and the prompt"
    );
  },
  /** SmolLM2 stands for the others. */
  llama({ profile: { smollm2 } }: OwnFigures): string {
    const inBlocks = secondsOf(smollm2, blockProducts);
    const nodes = smollm2.operators.reduce((sum, { calls }) => sum + calls, 0);
    return (
      `of a token of SmolLM2, ${milliseconds(smollm2.seconds)}, the products with weights in blocks take ${milliseconds(inBlocks)}, ${nodes.toFixed(0)} nodes in all (with the profile on, which costs a little for each). ` +
      "A block of 32 weights is 28 bytes here, 16 of them codes: its scale and its offset are floats, and ONNX Runtime, by its source, keeps another one beside them; llama.cpp reads the 20 bytes of the file"
    );
  },
};

function secondsOf({ operators }: Work, names: readonly string[]): number {
  return operators.filter(({ operator }) => names.includes(operator)).reduce((sum, { seconds }) => sum + seconds, 0);
}

function giga(operations: number): string {
  return (operations / 1e9).toFixed(0);
}
