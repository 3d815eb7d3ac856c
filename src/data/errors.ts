/** A picture, video or prompt that cannot be used: the message names it and says what to do. */
export class DataError extends Error {
  override readonly name = "DataError";
}
