import { openZip } from "../../../checkpoint/pytorch/zip-archive.ts";
import { DataError } from "../../../data/errors.ts";
import { type Abbreviations, abbreviationsIn, meteorWords } from "./normalise.ts";
import { Meanings, Paraphrases, type Thesaurus } from "./thesaurus.ts";

/** Reads one of METEOR's files: `meteor-1.5.jar`, whose word lists are taken, and `data/paraphrase-en.gz`. */
export type ReadMeteorFile = (name: string) => Promise<Uint8Array>;

export interface MeteorFiles {
  readonly thesaurus: Thesaurus;
  readonly abbreviations: Abbreviations;
}

/**
 * Takes what METEOR needs from its own files. Of the millions of paraphrases those are kept that these references may need.
 * @param references - as {@link MeteorPair} has them
 * @throws DataError when a file is not what it should be; what `read` throws
 */
export async function openMeteorFiles(read: ReadMeteorFile, references: readonly string[]): Promise<MeteorFiles> {
  const jar = await read("meteor-1.5.jar");
  const entries = await openZip({ name: "meteor-1.5.jar", size: jar.length, read: async (start, end) => jar.subarray(start, end) });
  const text = async (name: string): Promise<string> => {
    const entry = entries.get(name);
    if (entry === undefined) throw new DataError(`meteor-1.5.jar has no ${name}; take it from pycocoevalcap's folder meteor`);
    return new TextDecoder().decode(await entry.read(0, entry.size));
  };
  const abbreviations = abbreviationsIn(await text("nonbreaking/english.prefixes"));
  const functionWords = new Set((await text("function/english.words")).split("\n").map((line) => line.trim()));
  const meanings = new Meanings(await text("synonym/english.synsets"), await text("synonym/english.exceptions"));
  const words = [...new Set(references)].map((reference) => meteorWords(reference, abbreviations));
  const paraphrases = await Paraphrases.read(linesOf(await read("data/paraphrase-en.gz")), words);
  return { thesaurus: { meanings, paraphrases, functionWords }, abbreviations };
}

/** @throws DataError when it is not in gzip form */
async function* linesOf(gzip: Uint8Array): AsyncGenerator<string> {
  const text = new Blob([gzip as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
  let rest = "";
  try {
    for await (const piece of text) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    throw new DataError(`METEOR's paraphrase-en.gz cannot be read (${(error as Error).message}); the copy was interrupted, or it is another file`, {
      cause: error,
    });
  }
  if (rest !== "") yield rest;
}
