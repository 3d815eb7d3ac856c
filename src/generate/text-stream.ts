import type { Tokenizer } from "../data/tokenizer.ts";

/** Turns tokens into text piece by piece: never half a character, never part of a stop string. */
export class TextStream {
  private readonly tokenizer: Tokenizer;
  private readonly stops: readonly string[];
  private readonly tokens: number[] = [];
  private emitted = 0;
  private text = "";
  private ended = false;

  /** @param stops - the text ends before the first of these */
  constructor(tokenizer: Tokenizer, stops: readonly string[] = []) {
    if (stops.includes("")) throw new Error("an empty stop string would stop before the first word; leave it out");
    this.tokenizer = tokenizer;
    this.stops = stops;
  }

  /** Whether a stop string has come. */
  get stopped(): boolean {
    return this.ended;
  }

  /** @returns the text that is now certain; may be empty */
  push(token: number): string {
    this.tokens.push(token);
    this.text = this.tokenizer.decode(this.tokens);
    const stop = Math.min(...this.stops.map((text) => this.text.indexOf(text)).filter((at) => at >= 0));
    if (Number.isFinite(stop)) {
      this.ended = true;
      return this.emit(stop);
    }
    return this.emit(this.text.length - this.unsure());
  }

  /** @returns what was held back */
  end(): string {
    return this.ended ? "" : this.emit(this.text.length);
  }

  /** Characters at the end that may still change or turn out to begin a stop string. */
  private unsure(): number {
    const incomplete = /\ufffd+$/.exec(this.text)?.[0].length ?? 0;
    const beginnings = this.stops.map((stop) => {
      for (let length = Math.min(stop.length - 1, this.text.length); length > 0; length--) if (this.text.endsWith(stop.slice(0, length))) return length;
      return 0;
    });
    return Math.max(incomplete, ...beginnings);
  }

  private emit(end: number): string {
    const piece = this.text.slice(this.emitted, Math.max(end, this.emitted));
    this.emitted = Math.max(end, this.emitted);
    return piece;
  }
}
