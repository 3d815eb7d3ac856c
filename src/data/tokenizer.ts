import { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";

interface TokenizerJson {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>> | readonly unknown[] };
}

/** Text to token ids and back, from a `tokenizer.json`. Special tokens are only had by name: no text turns into one, whatever a user types. */
export class Tokenizer {
  /** Rows that an embedding needs: one more than the highest id. */
  readonly size: number;
  private readonly codec: HubTokenizer;
  private readonly specials: ReadonlyMap<string, number>;

  /** @param json - the content of a `tokenizer.json` @throws when it is not one */
  static fromJson(json: unknown): Tokenizer {
    const model = (json as TokenizerJson | undefined)?.model;
    if (typeof model !== "object" || model === null || typeof model.vocab !== "object") {
      throw new Error("not a tokenizer.json: it has no model.vocab; take the file from the model's own folder");
    }
    return new Tokenizer(json as TokenizerJson);
  }

  private constructor(json: TokenizerJson) {
    const added = json.added_tokens ?? [];
    this.specials = new Map(added.map(({ content, id }) => [content, id]));
    // The library turns the names of added tokens into those tokens wherever they occur, so it is not told of them.
    this.codec = new HubTokenizer({ ...json, added_tokens: [] }, {});
    const ids = Array.isArray(json.model.vocab) ? json.model.vocab.map((_, id) => id) : Object.values(json.model.vocab as Record<string, number>);
    this.size = [...ids, ...this.specials.values()].reduce((highest, id) => Math.max(highest, id), -1) + 1;
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
