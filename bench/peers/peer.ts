import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { peakBytes } from "../measure.ts";

export type Answer = Readonly<Record<string, unknown>>;

/** A process that holds one implementation and runs cases when it is told to: a line of JSON in, a line of JSON out. */
export class Peer {
  /** What it said when it was ready. */
  readonly about: Answer;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, about: Answer) {
    this.child = child;
    this.lines = lines;
    this.about = about;
  }

  /** @throws with what it wrote on standard error, when it ends before it is ready */
  static async start(command: string, args: readonly string[]): Promise<Peer> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (text: Buffer) => {
      said = (said + text.toString()).slice(-4000);
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) throw new Error(`${command} ${args.join(" ")} ended before it was ready:\n${said}`);
    return new Peer(child, lines, JSON.parse(first.value) as Answer);
  }

  /** @throws when the process ends instead of answering */
  async ask(request: Answer): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error(`the process that was asked for ${JSON.stringify(request)} ended (too little memory?)`);
    return JSON.parse(line.value) as Answer;
  }

  async seconds(request: Answer): Promise<number> {
    return (await this.ask(request))["seconds"] as number;
  }

  /** The most memory that it ever had, in bytes. */
  peakBytes(): Promise<number> {
    return peakBytes(this.child.pid!);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin.end();
    await ended;
  }
}
