/** Work in steps: it yields where something else may be done before it goes on. Whoever asks for no more steps (`return`) gives it up. */
export type Steps<Result> = AsyncGenerator<void, Result>;

/** One step after the other, to the end. */
export async function allAtOnce<Result>(steps: Steps<Result>): Promise<Result> {
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  return step.value;
}
