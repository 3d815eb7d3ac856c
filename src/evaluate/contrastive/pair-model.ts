/** A trained pair of towers that pictures and texts are embedded with. */
import { openPairFolder, type PairDescription } from "../../checkpoint/pair-folder.ts";
import { captionTokens, tokenRows } from "../../data/captions.ts";
import { DataError } from "../../data/errors.ts";
import { loadPicture, type PictureSource } from "../../data/image.ts";
import { fitted } from "../../data/preprocessing.ts";
import type { Tokenizer } from "../../data/tokenizer.ts";
import { toOnnx } from "../../graph/graph.ts";
import type { HostTensor, Runtime, Session } from "../../runtime/runtime.ts";

/** Encoded at once. */
const atOnce = 32;

export class PairModel {
  readonly name: string;
  private readonly description: PairDescription;
  private readonly tokenizer: Tokenizer;
  private readonly pictures: Session;
  private readonly texts: Session;

  /**
   * @param folder - of a finished contrastive run
   * @param runtime - is the caller's to dispose of
   * @throws CheckpointError when it holds no pair, or one that is damaged
   */
  static async open(folder: string, runtime: Runtime): Promise<PairModel> {
    const { description, pair, weights, tokenizer } = await openPairFolder(folder);
    const { pictures, texts } = pair.embedding();
    const compile = (outputs: Parameters<typeof toOnnx>[0]["outputs"], name: string): Promise<Session> =>
      runtime.compile(toOnnx({ outputs }), weights, { name, numbers: "finite" });
    return new PairModel(description, tokenizer, await compile({ pictures }, "the vision tower"), await compile({ texts }, "the text tower"));
  }

  private constructor(description: PairDescription, tokenizer: Tokenizer, pictures: Session, texts: Session) {
    this.name = description.name;
    this.description = description;
    this.tokenizer = tokenizer;
    this.pictures = pictures;
    this.texts = texts;
  }

  /** @param seen - told how many are done @returns a vector of length 1 of each @throws DataError when one cannot be read */
  async embedPictures(sources: readonly PictureSource[], seen: (done: number) => void = () => {}): Promise<Float32Array[]> {
    const { preprocessing } = this.description;
    const [height, width] = preprocessing.size;
    const vectors: Float32Array[] = [];
    for (let start = 0; start < sources.length; start += atOnce) {
      const some = await Promise.all(sources.slice(start, start + atOnce).map(async (source) => fitted(await loadPicture(source), preprocessing)));
      const data = new Uint8Array(some.length * height * width * 3);
      some.forEach((picture, i) => data.set(picture.data, i * height * width * 3));
      const { pictures } = await this.pictures.run({ pixels: { dtype: "uint8", shape: [some.length, height, width, 3], data } });
      vectors.push(...rowsOf(pictures!));
      seen(vectors.length);
    }
    return vectors;
  }

  /** @returns a vector of length 1 of each @throws DataError when one is empty */
  async embedTexts(texts: readonly string[]): Promise<Float32Array[]> {
    const { tokens: most, markers } = this.description.text;
    const padding = this.tokenizer.special(markers.padding);
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += atOnce) {
      const rows = texts.slice(start, start + atOnce).map((text) => {
        const row = captionTokens(text, this.tokenizer, markers, most);
        if (row.length === 0) throw new DataError("a text to be embedded is empty; leave it out");
        return row;
      });
      const { tokens, length, lengths } = tokenRows(rows, padding);
      const { texts: embedded } = await this.texts.run({
        tokens: { dtype: "int64", shape: [rows.length, length], data: tokens },
        lengths: { dtype: "int64", shape: [rows.length], data: lengths },
      });
      vectors.push(...rowsOf(embedded!));
    }
    return vectors;
  }

  async dispose(): Promise<void> {
    await this.pictures.dispose();
    await this.texts.dispose();
  }
}

function rowsOf({ shape, data }: HostTensor): Float32Array[] {
  const [rows, width] = shape as readonly [number, number];
  return Array.from({ length: rows }, (_, i) => (data as Float32Array).subarray(i * width, (i + 1) * width));
}
