import { createHash } from "node:crypto";
import type { SupportSet } from "../generate/support-set.ts";
import { ApiError, about, invalid } from "./errors.ts";
import type { ServedModel } from "./served-model.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";
import type { SupportSetFiles } from "./support-set-files.ts";

/** A support set while somebody uses it. */
export interface HeldSupportSet {
  readonly set: SupportSet;
  /** To be called once. */
  release(): void;
}

interface Kept {
  readonly set: SupportSet;
  readonly created: number;
  users: number;
  /** Whether it is to be freed when nobody uses it any more. */
  dropped: boolean;
  /** Whether it is, or was, in a file. */
  stored: boolean;
  writing?: Promise<unknown> | undefined;
}

/** Counts what becomes of the requests for support sets. */
export interface SupportSetCounts {
  found(where: "memory" | "disk" | "nowhere"): void;
}

/** Support sets by their ids, which follow from the model and the examples. Those used least recently are let go of when they take too much; with files they can still be read from there. */
export class SupportSetStore {
  private readonly model: ServedModel;
  private readonly limit: number;
  private readonly files: SupportSetFiles | undefined;
  private readonly counts: SupportSetCounts;
  /** The one used last comes last. */
  private readonly kept = new Map<string, Kept>();
  private readonly loading = new Map<string, Promise<Kept>>();

  /** @param limit - bytes in memory */
  constructor(model: ServedModel, limit: number, files: SupportSetFiles | undefined, counts: SupportSetCounts) {
    this.model = model;
    this.limit = limit;
    this.files = files;
    this.counts = counts;
  }

  get bytes(): number {
    return [...this.kept.values()].reduce((sum, { set }) => sum + set.byteLength, 0);
  }

  get count(): number {
    return this.kept.size;
  }

  /** @param content - of each example: its picture and its text */
  static idOf(model: string, content: readonly (readonly [picture: Uint8Array, text: string])[]): string {
    const hash = createHash("sha256").update(model);
    for (const [picture, text] of content) hash.update(createHash("sha256").update(picture).digest()).update(createHash("sha256").update(text).digest());
    return `ss_${hash.digest("hex").slice(0, 32)}`;
  }

  /**
   * The support set of this id, which is made unless it is there and can be used.
   * @param store - whether it is to be kept in a file too, where there are files
   * @returns whether it was made, and what kept it from being written
   */
  async make(
    id: string,
    store: boolean,
    read: () => Promise<SupportSet>,
  ): Promise<{ readonly facts: SupportSetFacts; readonly made: boolean; readonly unwritten?: unknown }> {
    const there = await this.find(id).catch(() => undefined);
    const kept =
      there ??
      (await this.loadOnce(id, async () => {
        const set = await read();
        if (set.byteLength > this.limit) {
          await set.dispose();
          throw invalid(
            `the support set takes ${set.byteLength} bytes, this server keeps at most ${this.limit}: give fewer examples`,
            "examples",
            "support_set_too_large",
          );
        }
        return { set, created: Math.floor(Date.now() / 1000), users: 0, dropped: false, stored: false };
      }));
    // It serves without its file too, until it is let go of.
    const unwritten = store && !kept.stored ? await this.write(id, kept) : undefined;
    return { facts: await this.factsOf(id, kept), made: there === undefined, ...(unwritten === undefined ? {} : { unwritten }) };
  }

  /** @returns what kept it from being written */
  private write(id: string, kept: Kept): Promise<unknown> {
    kept.writing ??= (async () => {
      if (this.files === undefined) return undefined;
      const release = this.hold(kept);
      try {
        await this.files.write(id, await kept.set.bytes());
        kept.stored = true;
        return undefined;
      } catch (error) {
        return error;
      } finally {
        release();
        kept.writing = undefined;
      }
    })();
    return kept.writing;
  }

  /**
   * @param id - nothing where none is asked for
   * @throws ApiError when there is none of this id, or it is another model's
   */
  async acquire(id: string | null | undefined): Promise<HeldSupportSet | undefined> {
    if (id == null) return undefined;
    const inMemory = this.kept.has(id);
    const kept = await about("support_set", () => this.find(id));
    this.counts.found(kept === undefined ? "nowhere" : inMemory ? "memory" : "disk");
    if (kept === undefined) throw missing(id, "support_set");
    return { set: kept.set, release: this.hold(kept) };
  }

  /** @returns to be called when it is used no more */
  private hold(kept: Kept): () => void {
    kept.users += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      kept.users -= 1;
      this.free(kept);
    };
  }

  /** Whether there are none, and none may lie on the disk. */
  get isEmpty(): boolean {
    return this.kept.size === 0 && this.files === undefined;
  }

  /** As {@link acquire}, for somebody who can do without. */
  async acquireKept(id: string): Promise<HeldSupportSet | undefined> {
    if (!this.kept.has(id) && (await this.files?.has(id)) !== true) return undefined;
    return this.acquire(id).catch(() => undefined);
  }

  async list(): Promise<SupportSetFacts[]> {
    for (const [id, kept] of [...this.kept]) if (await this.isGone(id, kept)) this.dropOnly(id, kept);
    const inMemory = await Promise.all([...this.kept].map(([id, kept]) => this.factsOf(id, kept)));
    const onDisk = ((await this.files?.list()) ?? []).filter(({ id }) => !this.kept.has(id));
    return [...inMemory, ...onDisk].sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }

  /** @throws ApiError when there is none of this id */
  async get(id: string): Promise<SupportSetFacts> {
    const held = this.kept.get(id);
    const kept = held === undefined || (await this.isGone(id, held)) ? undefined : held;
    const facts = kept === undefined ? await this.files?.facts(id) : await this.factsOf(id, kept);
    if (facts === undefined) throw missing(id, "id");
    return facts;
  }

  /** Whoever uses it may go on; nobody can ask for it any more. @throws ApiError when there is none of this id */
  async delete(id: string): Promise<void> {
    const kept = this.kept.get(id);
    const removed = (await this.files?.remove(id)) ?? false;
    if (kept === undefined && !removed) throw missing(id, "id");
    if (kept !== undefined) this.drop(id, kept);
  }

  /** From memory or from the disk; what is found is now the one used last. */
  private async find(id: string): Promise<Kept | undefined> {
    const kept = this.kept.get(id) ?? (await this.loading.get(id));
    if (kept !== undefined) {
      // A server that shares the files has deleted it, or let go of it.
      if (kept.stored && (await this.files?.touch(id)) === false) this.dropOnly(id, kept);
      // It may have been let go of in the meantime.
      if (!kept.dropped) {
        if (this.kept.delete(id)) this.kept.set(id, kept);
        return kept;
      }
    }
    const found = await this.files?.read(id);
    if (found === undefined) return undefined;
    return this.loadOnce(id, async () => ({
      set: await this.model.loaded().loadSupportSet(found.bytes),
      created: found.created,
      users: 0,
      dropped: false,
      stored: true,
    }));
  }

  private async isGone(id: string, { stored }: Kept): Promise<boolean> {
    return stored && (await this.files?.has(id)) !== true;
  }

  private loadOnce(id: string, load: () => Promise<Kept>): Promise<Kept> {
    const begun = this.loading.get(id);
    if (begun !== undefined) return begun;
    const loaded = load()
      .then((kept) => {
        this.kept.set(id, kept);
        this.makeRoom(kept);
        return kept;
      })
      .finally(() => this.loading.delete(id));
    this.loading.set(id, loaded);
    return loaded;
  }

  private makeRoom(newest: Kept): void {
    for (const [id, kept] of this.kept) {
      if (this.bytes <= this.limit) return;
      if (kept !== newest) this.drop(id, kept);
    }
  }

  private dropOnly(id: string, kept: Kept): void {
    if (this.kept.get(id) === kept) this.drop(id, kept);
  }

  private drop(id: string, kept: Kept): void {
    this.kept.delete(id);
    kept.dropped = true;
    this.free(kept);
  }

  private free(kept: Kept): void {
    if (kept.dropped && kept.users === 0) void kept.set.dispose();
  }

  private async factsOf(id: string, { set, created, dropped }: Kept): Promise<SupportSetFacts> {
    const { examples, tokens, seconds } = set;
    return { id, created, examples, tokens, bytes: set.byteLength, seconds, inMemory: !dropped, onDisk: (await this.files?.has(id)) ?? false };
  }
}

function missing(id: string, param: string): ApiError {
  return new ApiError(404, `there is no support set ${JSON.stringify(id)}: it was deleted, or let go of for others; make it again`, {
    param,
    code: "support_set_not_found",
  });
}
