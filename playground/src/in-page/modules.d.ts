declare module "virtual:model-files" {
  /** All files of the model. */
  export const modelFiles: readonly import("./model-files.ts").ModelFile[];
}

declare module "virtual:self-test" {
  /** Logarithms of the choices' probabilities, as the CPU has them. */
  export const storedScores: readonly number[];
}
