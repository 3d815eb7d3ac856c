import { RuntimeError } from "../runtime/errors.ts";
import { ApiError } from "./errors.ts";
import type { ObjectStorage } from "./object-storage.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";
import { factsOfFile, fileName, idOfFile, type KeptFile, makeRoom, type StoredSupportSet, type SupportSetFiles } from "./support-set-files.ts";

/** So long, in milliseconds, a list of the bucket is believed: questions are not kept waiting for the storage. */
const believed = 5_000;
/** So long a question waits for a new one. */
const patience = 2_000;
/** One that is used is written anew once it is so old, so that those used least recently are the oldest. */
const renewedAfter = 3_600_000;
/** Bytes that hold most heads of files. */
const headBytes = 65_536;
/** Heads that are read at the same time. */
const together = 16;

/** Support sets as objects of a bucket, up to a limit in bytes: the same files under the same names as in a folder. What others wrote or deleted is known after 5 s; who names one that is not known asks the bucket. */
export class SupportSetBucket implements SupportSetFiles {
  private readonly storage: ObjectStorage;
  private readonly limit: number;
  private readonly identity: () => Promise<string>;
  private known: ReadonlyMap<string, KeptFile> = new Map();
  /** When that was so. */
  private asOf = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;
  /** Counts what was written and deleted here: a list that was asked for before does not tell of it. */
  private changes = 0;
  /** What the heads of files said; under its id a support set is always the same. */
  private readonly heads = new Map<string, SupportSetFacts>();

  /** @param identity - of the model: several may share a bucket, and each sees its own */
  constructor(storage: ObjectStorage, limit: number, identity: () => Promise<string>) {
    this.storage = storage;
    this.limit = limit;
    this.identity = identity;
  }

  async open(): Promise<void> {
    await this.look();
  }

  async write(id: string, bytes: Uint8Array): Promise<void> {
    await this.look();
    await makeRoom(id, bytes.length, this.limit, [...this.known.values()], (other) => this.remove(other));
    await this.storage.write(fileName(id)!, bytes);
    this.change((known) => known.set(id, { id, bytes: bytes.length, used: Date.now() }));
  }

  async read(id: string): Promise<StoredSupportSet | undefined> {
    const name = fileName(id);
    const found = name === undefined ? undefined : await this.orLater(() => this.storage.read(name));
    return found && { bytes: found.bytes, created: Math.floor(found.created / 1000) };
  }

  async has(id: string): Promise<boolean> {
    await this.lookAgain();
    return this.known.has(id);
  }

  async touch(id: string): Promise<boolean> {
    const name = fileName(id);
    if (name === undefined) return false;
    await this.lookAgain();
    const file = this.known.get(id);
    // It may have been written since.
    if (file === undefined) return this.storage.has(name).catch(() => true);
    if (Date.now() - file.used > renewedAfter) {
      this.change((known) => known.set(id, { ...file, used: Date.now() }));
      // It is used whether that succeeds or not.
      void this.storage.renew(name).catch(() => undefined);
    }
    return true;
  }

  async remove(id: string): Promise<boolean> {
    const name = fileName(id);
    if (name === undefined) return false;
    return this.orLater(async () => {
      const there = await this.storage.has(name);
      if (there) await this.storage.remove(name);
      this.change((known) => known.delete(id));
      return there;
    });
  }

  async facts(id: string): Promise<SupportSetFacts | undefined> {
    await this.orLater(() => this.look());
    const file = this.known.get(id);
    return file && this.factsOf(file, await this.identity());
  }

  async list(): Promise<SupportSetFacts[]> {
    await this.orLater(() => this.look());
    const [files, model] = [[...this.known.values()], await this.identity()];
    const facts: (SupportSetFacts | undefined)[] = [];
    for (let at = 0; at < files.length; at += together)
      facts.push(...(await Promise.all(files.slice(at, at + together).map((file) => this.factsOf(file, model)))));
    return facts.filter((each) => each !== undefined);
  }

  /** @returns undefined where it is another model's, or damaged */
  private async factsOf({ id, bytes: size }: KeptFile, model: string): Promise<SupportSetFacts | undefined> {
    const told = this.heads.get(id);
    if (told !== undefined || size === 0) return told;
    const read = (start: number, length: number) => this.storage.read(fileName(id)!, [start, start + length - 1]);
    const head = await this.orLater(() => read(0, headBytes));
    if (head === undefined) return undefined;
    const part = async (start: number, length: number): Promise<Uint8Array> =>
      start + length <= head.bytes.length ? head.bytes.subarray(start, start + length) : ((await read(start, length))?.bytes ?? new Uint8Array());
    const facts = await factsOfFile(id, size, Math.floor(head.created / 1000), part, model).catch(() => undefined);
    if (facts !== undefined) this.heads.set(id, facts);
    return facts;
  }

  /** @param signal - for those who will not wait */
  private async look(signal?: AbortSignal): Promise<void> {
    const { changes } = this;
    const listed = await this.storage.list(signal);
    if (changes !== this.changes) return;
    const files = listed.flatMap(({ name, bytes, written }): [string, KeptFile][] => {
      const id = idOfFile(name);
      return id === undefined ? [] : [[id, { id, bytes, used: written }]];
    });
    this.known = new Map(files);
    this.asOf = performance.now();
    for (const id of this.heads.keys()) if (!this.known.has(id)) this.heads.delete(id);
  }

  /** Where the storage does not answer, what was known last is believed on. */
  private async lookAgain(): Promise<void> {
    if (performance.now() - this.asOf < believed) return;
    this.looking ??= this.look(AbortSignal.timeout(patience))
      .catch(() => {
        this.asOf = performance.now();
      })
      .finally(() => {
        this.looking = undefined;
      });
    await this.looking;
  }

  private change(apply: (known: Map<string, KeptFile>) => unknown): void {
    const known = new Map(this.known);
    apply(known);
    this.known = known;
    this.changes += 1;
  }

  /** What is wrong with the storage is for the log; who asked may ask again. */
  private orLater<Result>(work: () => Promise<Result>): Promise<Result> {
    return work().catch((error: unknown) => {
      if (!(error instanceof RuntimeError)) throw error;
      const said = "the storage of support sets does not answer as it should; the server's log says why, ask again in a moment";
      throw new ApiError(503, said, { code: "support_sets_unavailable", retryAfter: 5 }, error);
    });
  }
}
