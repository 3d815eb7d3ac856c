import type { Flamingo } from "../../generate/flamingo-model.ts";
import type { Example } from "../../generate/prompt.ts";
import type { Prompt } from "../../generate/prompt-reader.ts";
import type { SupportSet } from "../../generate/support-set.ts";
import type { Answer, EvaluationCase, ShownExample } from "../question.ts";
import type { ShownMedia } from "../shown-media.ts";
import { type AskOptions, answerIn, type Respondent } from "./respondent.ts";

/** Questions that are asked together. */
const together = 32;

/** A model of this package, in this process. Examples that several of the questions have before them are read once. */
export class LocalModel implements Respondent {
  readonly together = together;
  readonly atOnce = 1;
  private readonly model: Flamingo;
  private readonly media: ShownMedia;
  private readonly beams: number;
  /** What the last questions had before them: others may have it too. */
  private kept = new Map<string, SupportSet>();

  /** @param beams - hypotheses of beam search for answers in words */
  constructor(model: Flamingo, media: ShownMedia, beams: number) {
    this.model = model;
    this.media = media;
    this.beams = beams;
  }

  async ask(questions: readonly EvaluationCase[], { maxTokens, useMedia, signal }: AskOptions): Promise<Answer[]> {
    const prompts = await this.prompts(questions, useMedia, signal);
    const options = { useMedia, ...(signal === undefined ? {} : { signal }) };
    const answers = new Map<number, Answer>();
    const [open, closed] = [true, false].map((wanted) => [...questions.keys()].filter((i) => (questions[i]!.query.choices === undefined) === wanted)) as [
      number[],
      number[],
    ];
    const promptsOf = (places: readonly number[]): Prompt[] => places.map((i) => prompts[i]!);
    if (open.length > 0) {
      // Hypotheses are compared by their likelihood alone, as few-shot papers do.
      const search = this.beams > 1 ? { beams: this.beams, lengthPenalty: 0 } : {};
      const texts = await this.model.generateTexts(promptsOf(open), { maxTokens, ...search, ...options });
      texts.forEach((text, at) => answers.set(open[at]!, { text: answerIn(text) }));
    }
    if (closed.length > 0) {
      const choices = closed.map((i) => questions[i]!.query.choices!);
      const scored = await this.model.scoreMany(promptsOf(closed), choices, options);
      scored.forEach((each, at) => {
        const best = each.reduce((a, b) => (b.logProbability > a.logProbability ? b : a));
        answers.set(closed[at]!, { text: best.text.trim(), scores: each.map(({ logProbability }) => logProbability) });
      });
    }
    return questions.map((_, i) => answers.get(i)!);
  }

  async dispose(): Promise<void> {
    for (const support of this.kept.values()) await support.dispose();
    this.kept = new Map();
  }

  private async prompts(questions: readonly EvaluationCase[], useMedia: boolean, signal: AbortSignal | undefined): Promise<Prompt[]> {
    const keys = questions.map(({ shots }) => JSON.stringify([useMedia, shots.map(({ media, prompt, answer }) => [media, prompt, answer])]));
    const shared = new Set(keys.filter((key, i) => questions[i]!.shots.length > 0 && keys.indexOf(key) !== i));
    const supports = new Map<string, SupportSet>();
    for (const [key, support] of this.kept) {
      if (shared.has(key)) supports.set(key, support);
      else await support.dispose();
    }
    this.kept = supports;
    const prompts: Prompt[] = [];
    for (const [i, { shots, query }] of questions.entries()) {
      const key = keys[i]!;
      if (shared.has(key) && !supports.has(key))
        supports.set(key, await this.model.supportSet(await this.examples(shots), { useMedia, ...(signal === undefined ? {} : { signal }) }));
      const before = supports.get(key);
      const asked = [...(await this.media.of(query.media)), ...(query.prompt === "" ? [] : [query.prompt])];
      prompts.push([...(before === undefined ? await this.examples(shots) : [before]), ...asked]);
    }
    return prompts;
  }

  private async examples(shots: readonly ShownExample[]): Promise<Example[]> {
    const examples: Example[] = [];
    for (const { media, prompt, answer } of shots) examples.push({ media: await this.media.of(media), text: prompt + answer });
    return examples;
  }
}
