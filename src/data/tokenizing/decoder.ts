/**
 * Tokens to text, one after the other: each step hands on what later tokens cannot change. What all tokens give is what they give one by one, for there is no other way.
 */
import { DataError } from "../errors.ts";
import { bytesOf } from "./byte-characters.ts";
import type { DecoderStep } from "./format.ts";
import { compilePattern } from "./pattern.ts";
import { slicesOf } from "./split.ts";

/** Takes tokens, or parts of one long token, and gives those that are certain. */
interface Stage {
  push(token: string): readonly string[];
  /** What was held back. */
  end(): readonly string[];
}

/** One text in the making. */
export class Decoding {
  private readonly stages: readonly Stage[];

  constructor(stages: readonly Stage[]) {
    this.stages = stages;
  }

  /** @returns the text that is now certain; whole characters, may be empty */
  push(token: string): string {
    return this.through([token], 0).join("");
  }

  /** @returns the rest of the text */
  end(): string {
    return this.stages.flatMap((stage, i) => this.through(stage.end(), i + 1)).join("");
  }

  private through(tokens: readonly string[], from: number): readonly string[] {
    return this.stages.slice(from).reduce((parts, stage) => parts.flatMap((part) => stage.push(part)), tokens);
  }
}

/**
 * @param steps - undefined: a space between tokens
 * @returns what makes a {@link Decoding} for each text
 * @throws DataError when the steps cannot follow each other
 */
export function createDecoder(steps: readonly DecoderStep[] | undefined): () => Decoding {
  if (steps === undefined) return () => new Decoding([spaced()]);
  let fused = false;
  const makers = steps.map((step, i) => {
    const make = stageOf(step, fused, i === steps.length - 1);
    if (make === undefined)
      throw new DataError(
        `decoder: ${step.type} ${fused ? "after the tokens were fused" : "before other steps"} is not supported; use a model whose tokenizer does without it`,
      );
    fused ||= step.type === "Fuse" || step.type === "ByteLevel";
    return make;
  });
  return () => new Decoding(makers.map((make) => make()));
}

/**
 * @param fused - whether all tokens have become one, whose parts come one after the other
 * @param last - whether no step follows
 * @returns undefined when such a step cannot give anything before all tokens are there, or what it does there is not known from any tokenizer
 */
function stageOf(step: DecoderStep, fused: boolean, last: boolean): (() => Stage) | undefined {
  switch (step.type) {
    case "Fuse":
      return () => each((token) => token);
    case "Strip":
      return fused ? () => new StripText(step) : () => each((token) => stripped(token, step));
    case "Replace": {
      const wide = "Regex" in step.pattern || [...step.pattern.String].length !== 1;
      const pattern = compilePattern(step.pattern, "decoder (Replace)");
      const replaced = (token: string): string =>
        slicesOf(token, pattern)
          .map((slice) => (slice.matches ? step.content : slice.text))
          .join("");
      return fused && wide ? undefined : () => each(replaced);
    }
    case "Metaspace": {
      const { replacement, prepend_scheme: scheme } = step;
      return () => each((token, first) => token.replaceAll(replacement, (first || fused) && scheme !== "never" ? "" : " "));
    }
    case "WordPiece": {
      const { prefix, cleanup } = step;
      const word = (token: string, first: boolean): string => (first ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`);
      return fused ? undefined : () => each((token, first) => (cleanup ? cleaned(word(token, first)) : word(token, first)));
    }
    case "ByteLevel":
      return fused ? undefined : () => new Bytes();
    case "ByteFallback":
      return fused ? undefined : () => new ByteRuns();
    case "BPEDecoder":
      return fused || !last ? undefined : () => new WordEnds(step.suffix);
  }
}

function each(change: (token: string, first: boolean) => string): Stage {
  let first = true;
  return {
    push: (token) => {
      const changed = change(token, first);
      first = false;
      return [changed];
    },
    end: () => [],
  };
}

function spaced(): Stage {
  return each((token, first) => (first ? token : ` ${token}`));
}

/** Bytes as visible characters; those that are no UTF-8 become U+FFFD. */
class Bytes implements Stage {
  private readonly decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  push(token: string): readonly string[] {
    return [this.decoder.decode(bytesOf(token), { stream: true })];
  }

  end(): readonly string[] {
    return [this.decoder.decode()];
  }
}

/** Tokens such as `<0x0A>`. Those that follow each other are UTF-8 as a whole, or each of them is U+FFFD. */
class ByteRuns implements Stage {
  private decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  private text = "";
  /** Bytes of the run. */
  private length = 0;
  private broken = false;

  push(token: string): readonly string[] {
    const byte = /^<0x([0-9A-Fa-f]{2}|\+[0-9A-Fa-f])>$/.exec(token);
    if (byte === null) return [...this.end(), token];
    this.length++;
    if (this.broken) return ["\ufffd"];
    return this.tried(() => this.decoder.decode(Uint8Array.of(Number.parseInt(byte[1]!, 16)), { stream: true })) ? [] : this.replaced();
  }

  end(): readonly string[] {
    const whole = this.length === 0 || this.broken ? [] : this.tried(() => this.decoder.decode()) ? [this.text] : this.replaced();
    this.decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    [this.text, this.length, this.broken] = ["", 0, false];
    return whole;
  }

  private tried(decode: () => string): boolean {
    try {
      this.text += decode();
      return true;
    } catch {
      this.broken = true;
      return false;
    }
  }

  private replaced(): readonly string[] {
    return Array.from({ length: this.length }, () => "\ufffd");
  }
}

type Strip = Extract<DecoderStep, { type: "Strip" }>;

function stripped(token: string, step: Strip): string {
  const stage = new StripText(step);
  return [...stage.push(token), ...stage.end()].join("");
}

/** Takes a character away at both ends of a text, up to so many times. */
class StripText implements Stage {
  private readonly step: Strip;
  private begins = 0;
  /** At the end so far, where they may be taken away. */
  private ends = 0;

  constructor(step: Strip) {
    this.step = step;
    this.begins = step.start;
  }

  push(part: string): readonly string[] {
    const { content, stop } = this.step;
    let certain = "";
    for (const character of part) {
      if (this.begins > 0 && character === content) {
        this.begins--;
        continue;
      }
      this.begins = 0;
      if (character !== content) {
        certain += content.repeat(this.ends) + character;
        this.ends = 0;
      } else if (this.ends < stop) this.ends++;
      else certain += content;
    }
    return [certain];
  }

  end(): readonly string[] {
    return [];
  }
}

/** A suffix stands for the space after a word, of which there is none after the last token. */
class WordEnds implements Stage {
  private readonly suffix: string;
  private held = "";

  constructor(suffix: string) {
    this.suffix = suffix;
  }

  push(token: string): readonly string[] {
    const at = token.indexOf(this.suffix);
    const before = this.held.replaceAll(this.suffix, " ");
    this.held = at < 0 ? "" : token.slice(at);
    return [before, at < 0 ? token : token.slice(0, at)];
  }

  end(): readonly string[] {
    return [this.held.replaceAll(this.suffix, "")];
  }
}

function cleaned(token: string): string {
  const changes = [" .", " ?", " !", " ,", " ' ", " n't", " 'm", " do not", " 's", " 've", " 're"];
  return changes.reduce((text, change) => text.replaceAll(change, change === " do not" ? " don't" : change.trim()), token);
}
