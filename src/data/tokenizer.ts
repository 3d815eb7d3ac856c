import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";

interface TokenizerJson {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
}

/**
 * Text to token ids and back, from a `tokenizer.json`. Special tokens are only had by name: no text turns into one, whatever a user types. Added tokens that are not special,
 * such as GPT-NeoX's runs of spaces, are text like any other.
 */
export class Tokenizer {
  /** Rows that an embedding needs: one more than the highest id. */
  readonly size: number;
  private readonly codec: HubTokenizer;
  private readonly specials: ReadonlyMap<string, number>;

  /** @param json - the content of a `tokenizer.json` @throws when it is not one */
  static fromJson(json: unknown): Tokenizer {
    return new Tokenizer(checked(json));
  }

  /** {@link size} of a tokenizer that is not made, which takes a while. @throws as {@link fromJson} */
  static sizeOf(json: unknown): number {
    const { added_tokens: added = [], model } = checked(json);
    const ids = Array.isArray(model.vocab) ? model.vocab.map((_, id) => id) : Object.values(model.vocab as Record<string, number>);
    return [...ids, ...added.map(({ id }) => id)].reduce((highest, id) => Math.max(highest, id), -1) + 1;
  }

  private constructor(json: TokenizerJson) {
    const added = json.added_tokens ?? [];
    const text = added.filter(({ special }) => special === false);
    this.specials = new Map(added.filter((token) => !text.includes(token)).map(({ content, id }) => [content, id]));
    // The library turns the names of added tokens into those tokens wherever they occur, so it is not told of the special ones.
    this.codec = new HubTokenizer({ ...json, added_tokens: text }, {});
    this.size = Tokenizer.sizeOf(json);
  }

  /** Never gives a special token. */
  encode(text: string): number[] {
    return text === "" ? [] : this.codec.encode(text, { add_special_tokens: false }).ids;
  }

  /** Special tokens become nothing. Bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    const specials = new Set(this.specials.values());
    const text = ids.filter((id) => !specials.has(id));
    return text.length === 0 ? "" : this.codec.decode(text, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }

  /** The id of a special token, such as `<image>`. @throws when the tokenizer has none of that name */
  special(name: string): number {
    const id = this.specials.get(name);
    if (id === undefined) throw new Error(`the tokenizer has no special token "${name}", only ${[...this.specials.keys()].join(", ") || "none"}`);
    return id;
  }
}

function checked(json: unknown): TokenizerJson {
  const model = (json as TokenizerJson | undefined)?.model;
  if (typeof model !== "object" || model === null || typeof model.vocab !== "object") {
    throw new Error("not a tokenizer.json: it has no model.vocab; take the file from the model's own folder");
  }
  return json as TokenizerJson;
}
