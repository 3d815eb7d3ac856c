import type { Tokenizer } from "../data/tokenizer.ts";
import { ConfigError } from "../model/strict-config.ts";

/** @throws ConfigError when one cannot be looked for */
export function checkStops(stops: readonly string[] = []): void {
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === "string")) throw new ConfigError("stop must be a list of texts");
  if (stops.includes("")) throw new ConfigError("an empty stop string would stop before the first word; leave it out");
  if (!stops.every((stop) => stop.isWellFormed())) throw new ConfigError("a stop string holds half a character; give whole ones");
}

/** Turns tokens into text piece by piece: never half a character, never part of a stop string. The pieces are together what all tokens give at once. */
export class TextStream {
  private readonly decoding: ReturnType<Tokenizer["decoding"]>;
  private readonly stops: readonly string[];
  /** Text that may turn out to begin a stop string. */
  private held = "";
  private ended = false;

  /** @param stops - the text ends before that of them which is complete first @throws ConfigError when one cannot be looked for */
  constructor(tokenizer: Tokenizer, stops: readonly string[] = []) {
    checkStops(stops);
    this.decoding = tokenizer.decoding();
    this.stops = stops;
  }

  /** Whether a stop string has come. */
  get stopped(): boolean {
    return this.ended;
  }

  /** @returns the text that is now certain; may be empty */
  push(token: number): string {
    return this.take(this.decoding.push(token));
  }

  /** @returns what was held back */
  end(): string {
    if (this.ended) return "";
    const text = this.take(this.decoding.end());
    return this.ended ? text : text + this.held;
  }

  private take(text: string): string {
    this.held += text;
    const found = this.stops
      .map((stop) => ({ at: this.held.indexOf(stop), length: stop.length }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at + a.length - (b.at + b.length) || a.at - b.at)[0];
    if (found !== undefined) {
      this.ended = true;
      return this.held.slice(0, found.at);
    }
    const certain = this.held.length - Math.max(0, ...this.stops.map((stop) => this.beginning(stop)));
    const piece = this.held.slice(0, certain);
    this.held = this.held.slice(certain);
    return piece;
  }

  /** Characters at the end that begin the stop string. */
  private beginning(stop: string): number {
    for (let length = Math.min(stop.length - 1, this.held.length); length > 0; length--) if (this.held.endsWith(stop.slice(0, length))) return length;
    return 0;
  }
}
