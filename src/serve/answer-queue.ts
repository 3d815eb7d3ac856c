import { setTimeout as wait } from "node:timers/promises";
import type { AnswerPiece, AnswerRequest } from "../generate/answer-together.ts";
import type { Flamingo } from "../generate/flamingo-model.ts";
import type { SupportSet } from "../generate/support-set.ts";

/** Prompts of one request, of which each gives an answer. */
export interface Asked {
  /** With which every one of the prompts begins. */
  readonly support: SupportSet | undefined;
  readonly requests: readonly AnswerRequest[];
  /** Whether others may be answered beside it: their pictures are then in memory together. */
  readonly beside: boolean;
  readonly signal: AbortSignal;
  /** Called once when nothing is computed for it any more. */
  readonly ended: () => void;
}

interface WaitingAnswer extends Asked {
  readonly kind: "answer";
  readonly give: (piece: AnswerPiece) => void;
  readonly end: (error?: unknown) => void;
}

interface WaitingWork {
  readonly kind: "work";
  readonly run: () => Promise<void>;
}

/** How long those who were answered together are waited for, in milliseconds: their next requests are on the way. */
const gathering = 4;
/** The same while requests are there whose pictures are looked at. */
const longestGathering = 60;

/**
 * The requests that wait for the model, which does one thing at a time. Those that wait with the same support set are answered together. Whoever goes away leaves the queue at once, and a running answer at its next token.
 */
export class AnswerQueue {
  private readonly model: () => Flamingo;
  private readonly waiting: (WaitingAnswer | WaitingWork)[] = [];
  private active = 0;
  private arriving = 0;
  private working: Promise<void> | undefined;

  constructor(model: () => Flamingo) {
    this.model = model;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  get runningCount(): number {
    return this.active;
  }

  /** What is done with a request before it waits here. */
  async prepare<Result>(work: () => Promise<Result>): Promise<Result> {
    this.arriving += 1;
    try {
      return await work();
    } finally {
      this.arriving -= 1;
    }
  }

  /** The pieces of all its answers, as they are found; they are kept until they are read, so that nobody waits for a slow reader. */
  answer(asked: Asked): ReadableStream<AnswerPiece> {
    const { signal } = asked;
    return new ReadableStream<AnswerPiece>({
      start: (controller) => {
        let open = true;
        const end = (error?: unknown): void => {
          if (!open) return;
          open = false;
          signal.removeEventListener("abort", gone);
          if (error === undefined) controller.close();
          else controller.error(error);
        };
        const entry: WaitingAnswer = { kind: "answer", ...asked, give: (piece) => open && controller.enqueue(piece), end };
        const gone = (): void => {
          if (this.leave(entry)) asked.ended();
          end(signal.reason);
        };
        signal.addEventListener("abort", gone);
        this.enter(entry);
        if (signal.aborted) gone();
      },
    });
  }

  /** Work of another kind, when its turn comes. @param ended - called once when nothing is computed for it any more, which may be after it was given up */
  run<Result>(work: (model: Flamingo) => Promise<Result>, signal: AbortSignal, ended: () => void = () => {}): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const gone = (): void => {
        if (this.leave(entry)) ended();
        reject(signal.reason);
      };
      const entry: WaitingWork = {
        kind: "work",
        run: () =>
          work(this.model())
            .then(resolve, reject)
            .finally(() => {
              signal.removeEventListener("abort", gone);
              ended();
            }),
      };
      signal.addEventListener("abort", gone);
      this.enter(entry);
      if (signal.aborted) gone();
    });
  }

  /** Settled when nothing waits and nothing runs. */
  async drained(): Promise<void> {
    while (this.working !== undefined) await this.working;
  }

  private enter(entry: WaitingAnswer | WaitingWork): void {
    this.waiting.push(entry);
    // Not at once: whoever comes in the same moment is answered with it.
    this.working ??= Promise.resolve().then(() => this.work());
  }

  /** @returns whether it was waiting */
  private leave(entry: WaitingAnswer | WaitingWork): boolean {
    const place = this.waiting.indexOf(entry);
    if (place >= 0) this.waiting.splice(place, 1);
    return place >= 0;
  }

  private async work(): Promise<void> {
    try {
      for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
        const members = first.kind === "work" ? [] : this.together(first);
        for (const each of [first, ...members]) this.leave(each);
        this.active = Math.max(1, members.length);
        await (first.kind === "work" ? first.run() : this.answerAll(members));
        // Those who were answered together ask again, mostly at the same time. One that comes alone waits for nobody.
        if (this.active > 1 || this.waiting.length > 0) await this.gather();
      }
    } finally {
      this.active = 0;
      this.working = undefined;
    }
  }

  private async gather(): Promise<void> {
    const end = performance.now() + longestGathering;
    do await wait(gathering);
    while (this.arriving > 0 && performance.now() < end);
  }

  /** The first and those that can be answered beside it. */
  private together(first: WaitingAnswer): WaitingAnswer[] {
    const members = [first];
    let rows = first.requests.length;
    const most = this.model().rowsTogether;
    for (const each of this.waiting) {
      if (each === first || each.kind === "work" || each.support !== first.support || !each.beside || !first.beside) continue;
      if (rows + each.requests.length > most) continue;
      members.push(each);
      rows += each.requests.length;
    }
    return members;
  }

  private async answerAll(members: readonly WaitingAnswer[]): Promise<void> {
    const owners = members.flatMap((member) => member.requests.map((_, request) => ({ member, request })));
    const stop = new AbortController();
    const nobodyIsLeft = (): void => {
      if (members.every(({ signal }) => signal.aborted)) stop.abort();
    };
    for (const { signal } of members) signal.addEventListener("abort", nobodyIsLeft);
    try {
      const requests = owners.map(({ member, request }): AnswerRequest => ({ ...member.requests[request]!, signal: member.signal }));
      for await (const piece of this.model().answerTogether(requests, { signal: stop.signal })) {
        const { member, request } = owners[piece.request]!;
        member.give({ ...piece, request });
      }
      for (const member of members) member.end();
    } catch (error) {
      for (const member of members) member.end(error);
    } finally {
      for (const { signal, ended } of members) {
        signal.removeEventListener("abort", nobodyIsLeft);
        ended();
      }
    }
  }
}
