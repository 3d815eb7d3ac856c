import type { PromptLayout } from "../data/prompt-layout.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import { type PromptPiece, Template } from "../generate/prompt.ts";
import type { ServedModel } from "./served-model.ts";
import { type HeldSupportSet, SupportSetStore } from "./support-set-store.ts";

/** A support set that a prompt begins with, and what is left of the prompt. */
export interface BegunWith {
  readonly support: HeldSupportSet;
  readonly pieces: readonly PromptPiece[];
}

interface LeadingExample {
  readonly picture: Uint8Array;
  readonly text: string;
  /** Pieces of the prompt up to its end. */
  readonly end: number;
}

/**
 * Examples at the beginning of a conversation that make up a support set that is kept, whoever made it: they need not be read again. It is found by the bytes of the pictures, the texts and the model, as its id is: another picture,
 * size or text is another support set.
 * @returns undefined where there is none; of several the one with the most examples
 */
export async function keptExamples(
  pieces: readonly PromptPiece[],
  flamingo: Flamingo,
  model: ServedModel,
  supportSets: SupportSetStore,
): Promise<BegunWith | undefined> {
  if (supportSets.isEmpty) return undefined;
  const { markers, prompt } = flamingo.folder.description;
  const examples = leadingExamples(pieces, markers.endOfChunk, prompt);
  if (examples.length === 0) return undefined;
  const identity = await model.identity();
  for (let count = examples.length; count > 0; count--) {
    const some = examples.slice(0, count);
    const id = SupportSetStore.idOf(
      identity,
      some.map(({ picture, text }) => [picture, text]),
    );
    const support = await supportSets.acquireKept(id);
    if (support !== undefined) return { support, pieces: pieces.slice(some.at(-1)!.end) };
  }
  return undefined;
}

/** Pictures with their texts, each closed as an example of a support set is; what is asked comes after them. */
function leadingExamples(pieces: readonly PromptPiece[], endOfChunk: string, { exampleEnd }: PromptLayout): LeadingExample[] {
  const examples: LeadingExample[] = [];
  for (let at = 0; ; ) {
    const [shown, said, close] = [pieces[at], pieces[at + 1], pieces[at + 2]];
    if (typeof shown !== "object" || !("frames" in shown) || typeof said !== "string") return examples;
    const [picture, more] = shown.frames;
    if (!(picture instanceof Uint8Array) || more !== undefined) return examples;
    const closed = exampleEnd === undefined ? close instanceof Template && close.text === endOfChunk && close.media.length === 0 : said.endsWith(exampleEnd);
    const end = at + (exampleEnd === undefined ? 3 : 2);
    const next = pieces[end];
    // A text that goes on where an example's end is text would be tokenised with it.
    if (!closed || next === undefined || (exampleEnd !== undefined && typeof next === "string")) return examples;
    examples.push({ picture, text: exampleEnd === undefined ? said : said.slice(0, -exampleEnd.length), end });
    at = end;
  }
}
