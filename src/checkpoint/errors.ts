/** A file of weights or a model folder that cannot be used: the message names it and says what to do. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
