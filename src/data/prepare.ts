/** Shows how far something is. @param last - whether it is done */
export type ShowProgress = (text: string, last: boolean) => void;

/**
 * The default export of a module that `flamingo data` runs: fetches and prepares what a recipe trains on or measures with. What is there already is kept.
 * @param options - what `--set` says; the module checks it
 * @param signal - aborted by Ctrl-C; throws its reason soon after
 * @returns what there is now, to be printed
 */
export type PrepareData = (
  options: Readonly<Record<string, unknown>>,
  show: ShowProgress,
  signal: AbortSignal,
) => Promise<Readonly<Record<string, string | number>>>;
