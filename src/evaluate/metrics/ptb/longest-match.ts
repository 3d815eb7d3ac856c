/**
 * The longest match of many patterns at once, in linear time: patterns become one automaton, whose deterministic states are made when they are first reached. JavaScript's own regular
 * expressions take the first alternative instead of the longest, and may backtrack without end.
 */

/**
 * Regular expressions of UTF-16 units: characters, `\` escapes, classes, groups, `|`, `?`, `*`, `+`, `{m}`, `{m,n}`. A letter that stands by itself means all of its cases; classes are exact.
 */
export interface Pattern {
  readonly source: string;
  /** Must follow the token. Counts when lengths are compared, and is no part of the token. */
  readonly ahead?: string;
}

export interface Match {
  /** Index of the pattern. Of several that match as far, the first. */
  readonly pattern: number;
  /** Where the token ends. */
  readonly end: number;
}

interface State {
  readonly positions: readonly number[];
  /** Index of the first pattern that ends here; infinite if none does. */
  readonly accepts: number;
  /** By class of units; null leads nowhere. */
  readonly next: (State | null)[];
}

/** Appends a pattern's automaton after a position and gives the position where it ends. */
type Part = (from: number) => number;

const atoms = /\(|\[\^\]|\[(?:\\.|[^\]\\])*\]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\.|./y;
const repetitions = /[?*+]|\{(\d+)(,?)(\d*)\}/y;
/** Cases beyond ASCII: dotted and dotless i, the Kelvin sign, the long s. */
const otherCases: Readonly<Record<string, string>> = { i: "\u0130\u0131", k: "\u212a", s: "\u017f" };
/** From how many units read in vain on they are worth remembering. */
const longWay = 32;

export class LongestMatch {
  /** Sets of units that patterns name, by their text. */
  private readonly sets = new Map<string, { readonly index: number; readonly expression: RegExp }>();
  /** By position: where it leads without reading, by reading a unit of a set, and which pattern it ends. */
  private readonly free: number[][] = [];
  private readonly moves: { readonly set: number; readonly to: number }[][] = [];
  private readonly ends: number[] = [];
  private readonly states = new Map<string, State>();
  /** Units that belong to the same sets are of one class. */
  private readonly classOf = new Int16Array(65536).fill(-1);
  private readonly classes = new Map<string, number>();
  private readonly members: (readonly boolean[])[] = [];
  private readonly start: State;
  private readonly contexts: readonly ({ readonly token: LongestMatch; readonly ahead: LongestMatch } | undefined)[];

  constructor(patterns: readonly Pattern[]) {
    const start = this.position();
    patterns.forEach(({ source, ahead }, index) => {
      this.ends[this.read(ahead === undefined ? source : `(${source})(${ahead})`)(start)] = index;
    });
    this.start = this.state([start]);
    this.contexts = patterns.map(({ source, ahead }) =>
      ahead === undefined ? undefined : { token: new LongestMatch([{ source }]), ahead: new LongestMatch([{ source: ahead }]) },
    );
  }

  /** What gives the longest match that begins at a place of `text`. */
  over(text: string): (from: number) => Match | undefined {
    /** States that have led nowhere, by place: no way is gone twice. */
    const vain = new Map<number, Set<State>>();
    return (from) => {
      let pattern = -1;
      let end = from;
      let since: State[] = [];
      for (let at = from, state: State | null = this.start; at < text.length; ) {
        state = this.follow(state, text.charCodeAt(at++));
        if (state === null || vain.get(at)?.has(state)) break;
        since.push(state);
        if (state.accepts === Infinity) continue;
        pattern = state.accepts;
        end = at;
        since = [];
      }
      if (since.length > longWay) since.forEach((state, i) => vain.set(end + 1 + i, (vain.get(end + 1 + i) ?? new Set()).add(state)));
      if (pattern < 0) return undefined;
      const context = this.contexts[pattern];
      return { pattern, end: context ? tokenEnd(context, text, from, end) : end };
    };
  }

  /** Every place up to `limit` where a pattern that begins at `from` ends. */
  endings(text: string, from: number, limit: number): number[] {
    const found: number[] = [];
    for (let at = from, state: State | null = this.start; at < limit; ) {
      state = this.follow(state, text.charCodeAt(at++));
      if (state === null) break;
      if (state.accepts !== Infinity) found.push(at);
    }
    return found;
  }

  private follow(state: State, unit: number): State | null {
    if (this.classOf[unit]! < 0) this.classOf[unit] = this.classify(String.fromCharCode(unit));
    const kind = this.classOf[unit]!;
    const known = state.next[kind];
    if (known !== undefined) return known;
    const inside = this.members[kind]!;
    const targets = state.positions.flatMap((position) => this.moves[position]!.filter(({ set }) => inside[set]).map(({ to }) => to));
    const next = targets.length === 0 ? null : this.state(targets);
    state.next[kind] = next;
    return next;
  }

  private classify(unit: string): number {
    const inside = [...this.sets.values()].map(({ expression }) => expression.test(unit));
    const key = inside.map(Number).join("");
    const known = this.classes.get(key) ?? this.members.push(inside) - 1;
    this.classes.set(key, known);
    return known;
  }

  private state(from: readonly number[]): State {
    const reached = new Set(from);
    for (const position of reached) for (const next of this.free[position]!) reached.add(next);
    const positions = [...reached].sort((a, b) => a - b);
    const key = positions.join();
    const state = this.states.get(key) ?? { positions, accepts: Math.min(...positions.map((position) => this.ends[position] ?? Infinity)), next: [] };
    this.states.set(key, state);
    return state;
  }

  private position(): number {
    this.moves.push([]);
    return this.free.push([]) - 1;
  }

  private read(source: string): Part {
    let at = 0;
    const take = (expression: RegExp): RegExpExecArray | null => {
      expression.lastIndex = at;
      const found = expression.exec(source);
      at += found?.[0].length ?? 0;
      return found;
    };
    const choice = (): Part => {
      const branches = [sequence()];
      for (; source[at] === "|"; ) {
        at++;
        branches.push(sequence());
      }
      return (from) => {
        const end = this.position();
        for (const branch of branches) {
          const begin = this.position();
          this.free[from]!.push(begin);
          this.free[branch(begin)]!.push(end);
        }
        return end;
      };
    };
    const sequence = (): Part => {
      const parts: Part[] = [];
      while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(this.repeated(atom(), take(repetitions)));
      return (from) => parts.reduce((position, part) => part(position), from);
    };
    const atom = (): Part => {
      const [text] = take(atoms)!;
      if (text !== "(") return this.unit(/^[a-z]$/i.test(text) ? `[${text.toLowerCase()}${text.toUpperCase()}${otherCases[text.toLowerCase()] ?? ""}]` : text);
      const inner = choice();
      at++;
      return inner;
    };
    return choice();
  }

  private unit(text: string): Part {
    const known = this.sets.get(text) ?? { index: this.sets.size, expression: new RegExp(`^${text}$`) };
    this.sets.set(text, known);
    return (from) => {
      const to = this.position();
      this.moves[from]!.push({ set: known.index, to });
      return to;
    };
  }

  private repeated(part: Part, mark: RegExpExecArray | null): Part {
    if (!mark) return part;
    const [sign, digits, comma, more] = mark;
    const least = digits === undefined ? Number(sign === "+") : Number(digits);
    const most = digits === undefined ? (sign === "?" ? 1 : Infinity) : more ? Number(more) : comma ? Infinity : least;
    return (from) => {
      let position = from;
      for (let i = 0; i < least; i++) position = part(position);
      const end = this.position();
      this.free[position]!.push(end);
      if (most === Infinity) this.free[part(end)]!.push(end);
      else
        for (let i = least; i < most; i++) {
          position = part(position);
          this.free[position]!.push(end);
        }
      return end;
    };
  }
}

/** The longest token of a match whose remainder is what must follow. */
function tokenEnd({ token, ahead }: { token: LongestMatch; ahead: LongestMatch }, text: string, from: number, end: number): number {
  return token.endings(text, from, end - 1).findLast((at) => ahead.endings(text, at, end).includes(end))!;
}
