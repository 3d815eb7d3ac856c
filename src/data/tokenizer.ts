import { DataError } from "./errors.ts";
import { AddedTokenSearch } from "./tokenizing/added-tokens.ts";
import { BytePairModel } from "./tokenizing/byte-pair-model.ts";
import { createDecoder, type Decoding } from "./tokenizing/decoder.ts";
import { type AddedTokenJson, readFormat, type TokenizerFormat } from "./tokenizing/format.ts";
import { createNormalizer, type Normalizer } from "./tokenizing/normalizer.ts";
import { createPreTokenizer } from "./tokenizing/pre-tokenizer.ts";

/**
 * Text to token ids and back, from a `tokenizer.json` with a vocabulary of byte pairs, as the tokenizers library (Rust, 0.23) has it with `encode_special_tokens` and `skip_special_tokens`.
 * Special tokens are only had by name: no text turns into one, whatever a user types, but the one for what is unknown. Added tokens that are not special, such as GPT-NeoX's runs of spaces,
 * are found in text. Ids are the file's.
 */
export class Tokenizer {
  /** Rows that an embedding needs: one more than the highest id. */
  readonly size: number;
  private readonly specials: ReadonlyMap<string, AddedTokenJson>;
  /** What each id stands for; none for special tokens. */
  private readonly tokens = new Map<number, string>();
  private readonly asWritten: AddedTokenSearch;
  private readonly asNormalized: AddedTokenSearch;
  private readonly normalize: Normalizer;
  private readonly cut: (text: string, first: boolean) => string[];
  private readonly model: BytePairModel;
  private readonly startDecoding: () => Decoding;

  /** @param json - the content of a `tokenizer.json` @throws DataError when it is not one, or says something that is not supported */
  static fromJson(json: unknown): Tokenizer {
    return new Tokenizer(readFormat(json));
  }

  /** {@link size} of a tokenizer that is not made, which takes a while. @throws as {@link fromJson} */
  static sizeOf(json: unknown): number {
    return sizeOf(readFormat(json));
  }

  private constructor(format: TokenizerFormat) {
    const { added, model } = format;
    const specials = added.filter(({ special }) => special);
    this.size = sizeOf(format);
    this.specials = new Map(specials.map((token) => [token.content, token]));
    this.normalize = createNormalizer(format.normalizer);
    this.cut = createPreTokenizer(format.preTokenizer);
    this.startDecoding = createDecoder(format.decoder);
    this.model = new BytePairModel(model, new Set(specials.map(({ id }) => id)));
    const wanted = added.map((token) => ({ token, pattern: token.normalized ? this.normalize(token.content) : token.content }));
    this.asWritten = new AddedTokenSearch(wanted.filter(({ token }) => !token.normalized));
    this.asNormalized = new AddedTokenSearch(wanted.filter(({ token }) => token.normalized));
    for (const [token, id] of model.vocab) this.tokens.set(id, token);
    for (const { token, pattern } of wanted) {
      if (token.special) this.tokens.delete(token.id);
      else this.tokens.set(token.id, pattern);
    }
  }

  /**
   * Never gives a special token but the one for what is unknown.
   * @param continues - whether something stands before the text: some tokenizers put a space before what begins a prompt, and only there
   */
  encode(text: string, { continues = false }: { readonly continues?: boolean } = {}): number[] {
    const ids: number[] = [];
    for (const part of this.asWritten.split(text.toWellFormed())) {
      if ("id" in part) ids.push(part.id);
      else
        for (const inner of this.asNormalized.split(this.normalize(part.text))) {
          if ("id" in inner) ids.push(inner.id);
          else
            for (const piece of this.cut(inner.text, !continues && part.from === 0 && inner.from === 0))
              for (const id of this.model.encode(piece)) ids.push(id);
        }
    }
    return ids;
  }

  /** Special tokens and ids that stand for nothing become nothing. Bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    const decoding = this.decoding();
    return ids.map((id) => decoding.push(id)).join("") + decoding.end();
  }

  /** {@link decode}, one id after the other: each gives the text that is certain with it, whole characters, and `end` gives the rest. */
  decoding(): { push(id: number): string; end(): string } {
    const decoding = this.startDecoding();
    return {
      push: (id) => {
        const token = this.tokens.get(id);
        return token === undefined ? "" : decoding.push(token);
      },
      end: () => decoding.end(),
    };
  }

  /** The id of a special token, such as `<image>`. @throws DataError when the tokenizer has none of that name, or one that changes the text beside it */
  special(name: string): number {
    const token = this.specials.get(name);
    if (token === undefined) throw new DataError(`the tokenizer has no special token "${name}", only ${[...this.specials.keys()].join(", ") || "none"}`);
    if (token.lstrip || token.rstrip)
      throw new DataError(
        `the special token "${name}" takes the white space beside it away ("${token.lstrip ? "lstrip" : "rstrip"}"), which is not supported; use a model whose tokenizer does not`,
      );
    return token.id;
  }
}

function sizeOf({ added, model }: TokenizerFormat): number {
  let highest = -1;
  for (const id of model.vocab.values()) highest = Math.max(highest, id);
  return added.reduce((most, { id }) => Math.max(most, id), highest) + 1;
}
