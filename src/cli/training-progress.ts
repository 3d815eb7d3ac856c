import type { StepEvent } from "../train/loop.ts";
import type { TrainingEvent } from "../train/run.ts";

/** Share of what was seen before that smoothed figures keep with each step. */
const kept = 0.95;

/** Follows figures that jump from step to step. */
class Smoothed {
  private readonly figures = new Map<string, number>();

  see(name: string, value: number): number {
    const before = this.figures.get(name);
    const now = before === undefined ? value : kept * before + (1 - kept) * value;
    this.figures.set(name, now);
    return now;
  }
}

/**
 * Shows progress on standard error: one line that changes on a terminal, else a line now and then. Losses are smoothed, each data set's by itself; those that took no part in a step stay as they were.
 */
export function trainingProgress(): (event: TrainingEvent) => void {
  const { stderr } = process;
  const losses = new Map<string, number>();
  const smoothed = { losses: new Smoothed(), pace: new Smoothed() };
  let shown = 0;
  return (event) => {
    if (event.type === "start") {
      for (const change of event.changes) stderr.write(`changed: ${change}\n`);
      stderr.write(
        `${event.trained.toLocaleString("en")} weights trained, ${event.frozen.toLocaleString("en")} frozen; steps ${event.step} to ${event.steps}\n`,
      );
    }
    if (event.type === "validation") {
      const { step, shots, loss, exact, best, ends, warning } = event;
      const when = shots > 0 ? `${shots} examples in the prompt` : step === 0 ? "before training" : `step ${step}`;
      stderr.write(
        `${stderr.isTTY ? "\r\u001b[K" : ""}${when}: held out, loss ${loss.toFixed(3)}, ${(100 * exact).toFixed(1)}% exact${best ? ", the best so far" : ""}${ends ? "; training ends here" : ""}\n`,
      );
      if (warning !== undefined) stderr.write(`${warning}\n`);
    }
    if (event.type !== "step") return;
    for (const [name, loss] of Object.entries(event.losses)) losses.set(name, smoothed.losses.see(name, loss));
    const seconds = smoothed.pace.see("seconds", event.seconds);
    const perSecond = (of: "tokens" | "pictures"): number => smoothed.pace.see(of, event[of]) / seconds;
    const [tokens, pictures] = [perSecond("tokens"), perSecond("pictures")];
    const now = performance.now();
    const last = event.step === event.steps;
    if (!last && now - shown < (stderr.isTTY ? 200 : 15_000)) return;
    shown = now;
    const text = progressText(event, losses, { tokens, pictures, secondsLeft: (event.steps - event.step) * seconds });
    stderr.write(stderr.isTTY ? `\r\u001b[K${text.slice(0, stderr.columns - 1)}${last ? "\n" : ""}` : `${text}\n`);
  };
}

interface Pace {
  readonly tokens: number;
  readonly pictures: number;
  readonly secondsLeft: number;
}

function progressText(
  { step, steps, learningRate, gradientNorm }: StepEvent,
  losses: ReadonlyMap<string, number>,
  { tokens, pictures, secondsLeft }: Pace,
): string {
  const figures = [
    `step ${step}/${steps}`,
    losses.size === 1 ? `loss ${[...losses.values()][0]!.toFixed(3)}` : [...losses].map(([name, loss]) => `${name} ${loss.toFixed(3)}`).join("  "),
    ...(tokens > 0 ? [`${rounded(tokens)} tokens/s`] : []),
    ...(pictures > 0 ? [`${rounded(pictures)} pictures/s`] : []),
    `rate ${learningRate.toExponential(1)}`,
    `norm ${gradientNorm.toFixed(2)}`,
    `${duration(secondsLeft)} left`,
  ];
  return figures.join("  ");
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : minutes > 0
      ? `${minutes} min ${Math.round(seconds % 60)} s`
      : `${Math.round(seconds)} s`;
}
