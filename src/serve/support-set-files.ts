import { headerEnd, lengthBytes, parseSafetensorsHeader } from "../checkpoint/safetensors-header.ts";
import type { SupportSetFacts } from "./support-set-facts.ts";

/** Where support sets outlive the process: as one file each, under its id. Several servers may share it: a file is there whole or not at all, and its name says what it holds. */
export interface SupportSetFiles {
  /** @throws Error when it cannot be used */
  open(): Promise<void>;
  /** Those used least recently make room first. @throws Error when it cannot be written, or is larger than all may be together */
  write(id: string, bytes: Uint8Array): Promise<void>;
  read(id: string): Promise<StoredSupportSet | undefined>;
  has(id: string): Promise<boolean>;
  /** Makes it the one used last. @returns whether it is there, as far as can be told */
  touch(id: string): Promise<boolean>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
  /** What is known of one of this model's. */
  facts(id: string): Promise<SupportSetFacts | undefined>;
  /** Those of this model. */
  list(): Promise<SupportSetFacts[]>;
}

export interface StoredSupportSet {
  readonly bytes: Uint8Array;
  /** Seconds since 1970. */
  readonly created: number;
}

/** A file of a support set. */
export interface KeptFile {
  readonly id: string;
  readonly bytes: number;
  /** When it was used last, in milliseconds since 1970. */
  readonly used: number;
}

const suffix = ".safetensors";
/** Of an id, which becomes the name of a file. */
const form = /^ss_[0-9a-f]{32}$/;

/** @returns undefined where it cannot be one of a support set */
export function fileName(id: string): string | undefined {
  return form.test(id) ? id + suffix : undefined;
}

/** The support set that a file of this name is of. */
export function idOfFile(name: string): string | undefined {
  const id = name.slice(0, -suffix.length);
  return name.endsWith(suffix) && form.test(id) ? id : undefined;
}

/** Lets go of those used least recently, until so many bytes fit. @param limit - of all together @throws Error when they cannot */
export async function makeRoom(id: string, bytes: number, limit: number, files: readonly KeptFile[], remove: (id: string) => Promise<unknown>): Promise<void> {
  if (bytes > limit) throw new Error(`the support set ${id} takes ${bytes} bytes as a file, of which all together may take ${limit}`);
  const others = files.filter((file) => file.id !== id).toSorted((a, b) => a.used - b.used);
  let total = others.reduce((sum, file) => sum + file.bytes, bytes);
  for (const file of others) {
    if (total <= limit) return;
    await remove(file.id);
    total -= file.bytes;
  }
}

/**
 * What the head of a file tells about its support set.
 * @param size - bytes of the file
 * @param read - bytes of it from a place on
 * @param model - identity of the model that is served
 * @returns undefined where it is another model's
 * @throws Error when it is no file of a support set
 */
export async function factsOfFile(
  id: string,
  size: number,
  created: number,
  read: (start: number, length: number) => Promise<Uint8Array>,
  model: string,
): Promise<SupportSetFacts | undefined> {
  const fail = (problem: string): never => {
    throw new Error(problem);
  };
  const end = headerEnd(await read(0, lengthBytes), size, fail);
  const { metadata } = parseSafetensorsHeader(await read(lengthBytes, end - lengthBytes), size - end, fail);
  if (metadata["model"] !== model) return undefined;
  const [examples, tokens, seconds] = ["examples", "tokens", "seconds"].map((name) => Number(metadata[name])) as [number, number, number];
  return { id, created, examples, tokens, bytes: size - end, seconds, inMemory: false, onDisk: true };
}
