import { type Flamingo, image, type Medium } from "flamingo-vlm";
import { AnswerError, type Place } from "../answering/answerer.ts";
import type { Picture, Prompt } from "../task/task.ts";

/** Pictures that are remembered with what was computed for them. */
const most = 128;

/** The same picture is the same medium, which the model encodes once. */
export class ShownPictures {
  private readonly media = new Map<string, Medium>();

  /** @throws AnswerError when the model cannot read it */
  async medium(model: Flamingo, { url }: Picture, place: Place, signal: AbortSignal): Promise<Medium> {
    const known = this.media.get(url);
    const medium = known ?? image(bytesOf(url));
    try {
      if (known === undefined) await model.check([medium], { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw new AnswerError("wrong", `${(error as Error).message[0]!.toUpperCase()}${(error as Error).message.slice(1)}.`, place);
    }
    this.media.delete(url);
    this.media.set(url, medium);
    if (this.media.size > most) this.media.delete(this.media.keys().next().value!);
    return medium;
  }

  /** Those of the examples, then the question's. */
  async all(model: Flamingo, { examples, question }: Prompt, signal: AbortSignal): Promise<readonly Medium[]> {
    const media: Medium[] = [];
    for (const [index, { picture }] of examples.entries()) media.push(await this.medium(model, picture, { of: "example", index }, signal));
    return [...media, await this.medium(model, question.picture, { of: "question" }, signal)];
  }
}

function bytesOf(url: string): Uint8Array {
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (character) => character.charCodeAt(0));
}
