import { platform } from "#checkpoint-platform";
import type { LanguageContext } from "./language-context.ts";
import { supportSetBytes } from "./support-set-file.ts";

/** What is known about a support set. */
export interface SupportSetFacts {
  readonly examples: number;
  readonly tokens: number;
  readonly useMedia: boolean;
  /** Seconds that it took to read the examples, wherever that was. */
  readonly seconds: number;
}

/** The model that has read a support set. */
export interface ReadingModel {
  readonly name: string;
  readonly identity: string;
}

/** Examples that the model has read: every prompt that begins with them starts from here. */
export class SupportSet implements SupportSetFacts {
  readonly examples: number;
  readonly tokens: number;
  readonly useMedia: boolean;
  readonly seconds: number;
  private readonly context: LanguageContext;
  private readonly model: () => Promise<ReadingModel>;

  /** @param model - asked only when it is saved, since telling a model's identity may mean to read all of its weights */
  constructor(context: LanguageContext, model: () => Promise<ReadingModel>, { examples, tokens, useMedia, seconds }: SupportSetFacts) {
    this.context = context;
    this.model = model;
    this.examples = examples;
    this.tokens = tokens;
    this.useMedia = useMedia;
    this.seconds = seconds;
  }

  /** A context of so many rows that have read the examples and can be read on; all of them share what this support set holds, which stays as it is. @internal */
  fork(rows: number): Promise<LanguageContext> {
    return this.context.fork(new Array<number>(rows).fill(0));
  }

  /** The content of a file that `Flamingo.loadSupportSet` reads. @throws when there are no examples */
  async bytes(): Promise<Uint8Array> {
    const { examples, tokens, useMedia, seconds } = this;
    if (tokens === 0) throw new Error("a support set without examples holds nothing to save");
    const { identity, name } = await this.model();
    return supportSetBytes({ ...(await this.context.content()), examples, tokens, useMedia, seconds }, identity, name);
  }

  /** Writes `bytes` into a file, whole or not at all. @throws CheckpointError when it cannot be written */
  async save(file: string): Promise<void> {
    await platform.writeFile(file, await this.bytes());
  }

  /** Memory that it takes. */
  get byteLength(): number {
    return this.context.byteLength;
  }

  dispose(): Promise<void> {
    return this.context.dispose();
  }
}
