import type { Flamingo as Network } from "../model/flamingo.ts";
import { AnswerBatch } from "./answer-batch.ts";
import { answerRoom } from "./answer-options.ts";
import { type AnswerPiece, AnswerStream } from "./answer-stream.ts";
import { rowsTogether, stepTokens } from "./batch-size.ts";
import type { AnswerStep, DecodeOptions } from "./decode.ts";
import { laneOf, nextTogether, type WaitingPrompt } from "./fair-turns.ts";
import type { Prompt, PromptReader, ReadPrompts, WrittenPrompt } from "./prompt-reader.ts";
import { checkSampling } from "./sampling.ts";
import type { Steps } from "./steps.ts";
import { checkStops } from "./text-stream.ts";

/** A prompt, and what its answer shall be like. */
export interface AnswerRequest extends Omit<DecodeOptions, "signal"> {
  readonly prompt: Prompt;
}

/** An answer on its way. */
interface Answer {
  readonly stream: AnswerStream;
  readonly request: number;
  readonly options: DecodeOptions;
  readonly support: object | undefined;
  /** Of a full batch. */
  readonly share: number;
  /** Tokens of its row when it is whole, without its support set. */
  readonly longest: number;
  /** Whether it has its first token. */
  begun: boolean;
}

/** A prompt with the answers that begin from it. */
interface Asked extends WaitingPrompt {
  readonly written: WrittenPrompt;
  readonly answers: readonly Answer[];
  readonly stream: AnswerStream;
}

/** Prompts that are being read together. */
interface Reading {
  readonly asked: readonly Asked[];
  readonly steps: Steps<ReadPrompts>;
}

/** Answers that are being made together. */
interface Running {
  readonly support: object | undefined;
  readonly batch: AnswerBatch<Answer>;
}

export interface SchedulerOptions {
  /** Waited for when an answer has its first token, before all cores are busy with the next ones: until it is delivered. */
  readonly delivered?: () => Promise<void>;
}

/**
 * Many answers at once. They join and leave the running batches between two tokens, whatever their prompts: those with the same support set share it and are answered in one batch. A round gives each batch a token,
 * then takes one step of reading: a group of pictures, or up to 64 tokens of a prompt. So nobody's next token waits for more than a step of each other batch and one of reading, and whoever gives up is left out at the next
 * step.
 */
export class AnswerScheduler {
  private readonly network: Network;
  private readonly prompts: PromptReader;
  private readonly delivered: (() => Promise<void>) | undefined;
  private waiting: Asked[] = [];
  /** The next one to take a step comes first. */
  private readonly readings: Reading[] = [];
  private running: Running[] = [];
  private working: Promise<void> | undefined;

  constructor(network: Network, prompts: PromptReader, { delivered }: SchedulerOptions = {}) {
    this.network = network;
    this.prompts = prompts;
    this.delivered = delivered;
  }

  /** Prompts that wait to be read. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Prompts that are being read, and answers that are being made. */
  get runningCount(): number {
    return this.readings.reduce((sum, { asked }) => sum + asked.length, 0) + this.running.reduce((sum, { batch }) => sum + batch.owners.length, 0);
  }

  /**
   * Answers, each as if it were asked alone. Requests that name the same prompt, the very object, have it read once. To leave the loop over the pieces is to give up.
   * @throws ConfigError when an option is out of its range
   * @throws DataError when a prompt is too long with its answer; while it is read on, when a picture cannot be read
   */
  answer(requests: readonly AnswerRequest[], signal?: AbortSignal): AsyncIterableIterator<AnswerPiece> {
    const stream = new AnswerStream(requests.length);
    const asked = [...Map.groupBy(requests.keys(), (i) => requests[i]!.prompt)].map(([prompt, places]) => this.asked(prompt, places, requests, stream));
    const giveUp = (): void => stream.fail(signal!.reason);
    signal?.addEventListener("abort", giveUp, { once: true });
    stream.given.addEventListener("abort", () => {
      signal?.removeEventListener("abort", giveUp);
      this.waiting = this.waiting.filter((each) => each.stream !== stream);
    });
    this.waiting.push(...asked);
    if (signal?.aborted === true) giveUp();
    // Not at once: whoever comes in the same moment is read with it.
    this.working ??= Promise.resolve().then(() => this.work());
    return stream;
  }

  /** Settled when nothing is read or answered. */
  async idle(): Promise<void> {
    while (this.working !== undefined) await this.working;
  }

  private asked(prompt: Prompt, places: readonly number[], requests: readonly AnswerRequest[], stream: AnswerStream): Asked {
    const chosen = places.map((place) => requests[place]!);
    for (const request of chosen) {
      checkSampling(request);
      checkStops(request.stop);
    }
    const room = Math.max(...chosen.map(answerRoom));
    const written = this.prompts.write(prompt, { room });
    const { support, document } = written;
    const longest = document.tokens.length + room;
    const share = 1 / rowsTogether(this.network, longest);
    const answers = places.map((request): Answer => {
      const { prompt: _, ...options } = requests[request]!;
      return { stream, request, options: { ...options, signal: stream.given }, support, share, longest, begun: false };
    });
    return {
      written,
      answers,
      stream,
      support,
      tokens: document.tokens.length,
      media: document.media.length,
      share: share * answers.length,
      alone: false,
    };
  }

  private async work(): Promise<void> {
    try {
      while (this.waiting.length + this.readings.length + this.running.length > 0) {
        for (const running of [...this.running]) await this.nextTokens(running);
        this.beginReading();
        await this.readOn();
      }
    } finally {
      this.working = undefined;
    }
  }

  private async nextTokens(running: Running): Promise<void> {
    const { batch } = running;
    const chosen: { readonly owner: Answer; readonly piece: AnswerStep }[] = [];
    const tell = (): void => {
      for (const { owner, piece } of chosen.splice(0)) {
        owner.stream.push({ ...piece, request: owner.request });
        owner.begun = true;
      }
    };
    try {
      for (const each of batch.choose()) chosen.push(each);
      const first = chosen.some(({ owner }) => !owner.begun);
      if (first || batch.isOver) tell();
      if (first) await this.delivered?.();
      // Later tokens are handed on while the next ones are computed.
      if (!batch.isOver) return await batch.read(undefined, tell);
      this.running = this.running.filter((each) => each !== running);
      await batch.dispose();
    } catch (error) {
      tell();
      await this.failed(running, error);
    }
  }

  private beginReading(): void {
    const lanes = new Set(this.readings.map(({ asked: [first] }) => laneOf(first!)));
    const shares = new Map<object | undefined, number>();
    const take = ({ support, share }: Pick<Answer, "support" | "share">): void => void shares.set(support, (shares.get(support) ?? 0) + share);
    for (const { asked } of this.readings) asked.forEach(take);
    for (const { batch } of this.running) batch.owners.forEach(take);
    const asked = nextTogether(this.waiting, { lanes, shares }, stepTokens(this.network));
    if (asked.length === 0) return;
    this.waiting = this.waiting.filter((each) => !asked.includes(each));
    const steps = this.prompts.start(
      asked.map(({ written }) => written),
      {},
      (prompt) => asked[prompt]!.stream.given.aborted,
    );
    this.readings.push({ asked, steps });
  }

  /** One step of the reading whose turn it is. */
  private async readOn(): Promise<void> {
    const reading = this.readings.shift();
    if (reading === undefined) return;
    const { asked, steps } = reading;
    try {
      if (asked.every(({ stream }) => stream.given.aborted)) return void (await steps.return(undefined as never));
      const step = await steps.next();
      if (step.done === true) await this.begin(asked, step.value);
      else this.readings.push(reading);
    } catch (error) {
      // One of them is to blame: each is read alone, so that the others do not suffer.
      if (asked.length > 1) this.waiting.unshift(...asked.map((each) => ({ ...each, alone: true })));
      else asked[0]!.stream.fail(error);
    }
  }

  /** Answers what was read: in a batch with the same support set where there is room, or in one of its own. */
  private async begin(asked: readonly Asked[], start: ReadPrompts): Promise<void> {
    const answers = start.prompts.flatMap((place, row) => asked[place]!.answers.map((owner) => ({ owner, row, options: owner.options })));
    const [first] = answers;
    if (first === undefined) return start.context.dispose();
    const { support } = first.owner;
    const running = this.running.find((each) => {
      const owners = [...each.batch.owners, ...answers.map(({ owner }) => owner)];
      return each.support === support && owners.length <= rowsTogether(this.network, Math.max(...owners.map(({ longest }) => longest)));
    });
    if (running === undefined) {
      this.running.push({ support, batch: await AnswerBatch.begin(start, answers) });
      return;
    }
    try {
      await running.batch.join(start, answers);
    } catch (error) {
      for (const { owner } of answers) owner.stream.fail(error);
      await this.failed(running, error);
    }
  }

  private async failed(running: Running, error: unknown): Promise<void> {
    this.running = this.running.filter((each) => each !== running);
    for (const { stream } of running.batch.owners) stream.fail(error);
    await running.batch.dispose().catch(() => {});
  }
}
