/** What makes prompts the same: their words, and the content of their pictures. */
import { platform } from "#data-platform";
import { hexDigest } from "../checkpoint/digest.ts";
import type { PictureSource } from "../data/image.ts";
import { mediaOf } from "./controls.ts";
import type { TaskLine } from "./predictions.ts";
import type { EvaluationCase } from "./question.ts";
import { mediaKey, type ShownMedia } from "./shown-media.ts";
import type { SuiteTask } from "./suite.ts";

/** What tells pictures apart: what is in them, or, where there are too many to be read beforehand, what they are called. */
export type PicturesBy = "contents" | "names";

/** Hashes tasks; each picture is read once for all of them. */
export class TaskHashes {
  private readonly media: ShownMedia;
  private readonly by: PicturesBy;
  private readonly known = new Map<PictureSource, string>();

  constructor(media: ShownMedia, by: PicturesBy = "contents") {
    this.media = media;
    this.by = by;
  }

  async of({ name, shots, trial = 0, cases }: SuiteTask): Promise<TaskLine> {
    const prompts: string[] = [];
    for (const each of cases) prompts.push(await hexDigest(encoded(promptBytes(each))));
    const pictures: string[] = [];
    for (const file of mediaOf(cases)) {
      if (this.by === "names") {
        pictures.push(mediaKey(file));
        continue;
      }
      const [medium] = await this.media.of([file]);
      for (const frame of medium!.frames) pictures.push(await this.contentOf(frame));
    }
    return {
      task: name,
      shots,
      trial,
      questions: cases.length,
      prompts: await hexDigest(encoded(prompts.join())),
      pictures: await hexDigest(encoded(pictures.join())),
    };
  }

  private async contentOf(source: PictureSource): Promise<string> {
    const found = this.known.get(source);
    if (found !== undefined) return found;
    const bytes = typeof source === "string" ? await platform.readFile(source) : source instanceof Uint8Array ? source : Uint8Array.from(source.data);
    const digest = await hexDigest(bytes);
    // Frames of a film are in memory: they are not held for this.
    if (typeof source === "string" || source instanceof Uint8Array) this.known.set(source, digest);
    return digest;
  }
}

/** A prompt's words, with a place for each picture: the same wherever the files lie. */
function promptBytes({ shots, query }: EvaluationCase): string {
  return JSON.stringify([[...shots, query].map(({ media, prompt, answer }) => [media.length, prompt, answer]), query.choices ?? []]);
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
