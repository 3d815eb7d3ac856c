import { DataError, type Flamingo, type Prompt as ModelPrompt, meanFeature, sharesOf } from "flamingo-vlm";
import { AnswerError, type AnswerPiece, type ExplainedAnswer } from "../answering/answerer.ts";
import type { Picture, Prompt } from "../task/task.ts";
import { ReadExamples } from "./read-examples.ts";
import { ShownPictures } from "./shown-pictures.ts";

/** What the page asks, as the library is asked. */
export class AnswerCalls {
  private readonly model: Flamingo;
  private readonly pictures = new ShownPictures();
  private readonly examples = new ReadExamples();

  constructor(model: Flamingo) {
    this.model = model;
  }

  async answer(prompt: Prompt, signal: AbortSignal, give: (piece: AnswerPiece) => void): Promise<void> {
    const started = performance.now();
    const { pieces, read } = await this.asked(prompt, signal);
    let text = "";
    for await (const piece of this.model.generate(pieces, { signal })) {
      // As a server says it: without the space that comes between a question and its answer.
      const more = text === "" ? piece.text.trimStart() : piece.text;
      text += more;
      if (more !== "") give({ text: more });
    }
    const spent = performance.now() - started;
    if (read !== undefined) give({ text: "", timing: { examples: read.milliseconds, question: spent - (read.now ? read.milliseconds : 0) } });
  }

  async score(prompt: Prompt, choices: readonly string[], signal: AbortSignal): Promise<readonly number[]> {
    const { pieces } = await this.asked(prompt, signal);
    return sharesOf(await this.model.score(pieces, choices, { signal }));
  }

  async explain(prompt: Prompt, answer: string, signal: AbortSignal): Promise<ExplainedAnswer> {
    const media = await this.pictures.all(this.model, prompt, signal);
    // Of a support set's pictures there are no maps.
    const examples = prompt.examples.map(({ text }, i) => ({ media: media[i]!, text: text.trim() }));
    const { layers, media: seen, words } = await this.model.explain([...examples, ...questionOf(prompt, media.at(-1)!)], answer, { signal });
    return { layers, media: seen, words };
  }

  async embed(pictures: readonly Picture[], signal: AbortSignal): Promise<readonly Float32Array[]> {
    const media = [];
    for (const [index, picture] of pictures.entries()) media.push(await this.pictures.medium(this.model, picture, { of: "example", index }, signal));
    return (await this.model.embedAll(media)).map((features) => directionOf(meanFeature(features)));
  }

  private async asked(prompt: Prompt, signal: AbortSignal): Promise<{ pieces: ModelPrompt; read?: Awaited<ReturnType<ReadExamples["find"]>> }> {
    const media = await this.pictures.all(this.model, prompt, signal);
    const question = questionOf(prompt, media.at(-1)!);
    if (prompt.examples.length === 0) return { pieces: question };
    const read = await this.examples.find(this.model, prompt.examples, media, signal);
    return { pieces: [read.set, ...question], read };
  }
}

function questionOf({ question }: Prompt, medium: ModelPrompt[number]): ModelPrompt {
  return question.text === "" ? [medium] : [medium, question.text];
}

/** Of length 1. */
function directionOf(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** What a person can do something about is told as it is. */
export function answerErrorOf(error: unknown): AnswerError {
  if (error instanceof AnswerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const sentence = `${message[0]?.toUpperCase() ?? ""}${message.slice(1)}${/[.!?]$/.test(message) ? "" : "."}`;
  return new AnswerError(error instanceof DataError ? "wrong" : "failed", sentence);
}
