import { Random } from "../../data/random.ts";
import type { Answer, EvaluationCase } from "../question.ts";
import type { AskOptions, Respondent } from "./respondent.ts";

/** Prompt ensembling (Alayrac et al., 2022, section 4.2): each choice's log-likelihood is its mean over so many orders of the examples. Answers in words are asked for once. */
export class PermutedExamples implements Respondent {
  readonly together: number;
  readonly atOnce: number;
  private readonly respondent: Respondent;
  private readonly orders: number;
  private readonly seed: number;

  /** @param orders - at most; the given one is the first. The paper has 6 */
  constructor(respondent: Respondent, orders: number, seed: number) {
    this.respondent = respondent;
    this.orders = orders;
    this.seed = seed;
    this.together = Math.max(1, Math.floor(respondent.together / orders));
    this.atOnce = respondent.atOnce;
  }

  async ask(questions: readonly EvaluationCase[], options: AskOptions): Promise<(Answer | undefined)[]> {
    const asked = questions.map((question) => (question.query.choices === undefined ? [question] : this.permuted(question)));
    const answers = await this.respondent.ask(asked.flat(), options);
    let used = 0;
    return asked.map((orders, i) => {
      const own = answers.slice(used, used + orders.length);
      used += orders.length;
      return averaged(own, questions[i]!.query.choices);
    });
  }

  dispose(): Promise<void> {
    return this.respondent.dispose();
  }

  /** Different orders, as far as there are so many. */
  private permuted({ shots, query }: EvaluationCase): EvaluationCase[] {
    const random = new Random("orders", this.seed, query.id);
    const places = shots.map((_, i) => i);
    const orders = new Map([[places.join(), places]]);
    const most = Math.min(this.orders, factorial(shots.length));
    while (orders.size < most) {
      const order = random.shuffle(places);
      orders.set(order.join(), order);
    }
    return [...orders.values()].map((order) => ({ shots: order.map((place) => shots[place]!), query }));
  }
}

/** An order that was refused says nothing. */
function averaged(answers: readonly (Answer | undefined)[], choices: readonly string[] | undefined): Answer | undefined {
  const told = answers.filter((answer) => answer?.scores !== undefined) as readonly (Answer & { readonly scores: readonly number[] })[];
  if (choices === undefined || told.length === 0) return answers[0];
  const scores = choices.map((_, i) => told.reduce((sum, { scores: each }) => sum + each[i]!, 0) / told.length);
  const usages = told.flatMap(({ usage }) => usage ?? []);
  const usage = usages.reduce((sum, each) => ({ prompt: sum.prompt + each.prompt, answer: sum.answer + each.answer }), { prompt: 0, answer: 0 });
  const { ranked } = told[0]!;
  return {
    text: choices[scores.indexOf(Math.max(...scores))]!.trim(),
    scores,
    ...(ranked === undefined ? {} : { ranked }),
    ...(usages.length === 0 ? {} : { usage }),
  };
}

function factorial(count: number): number {
  return count < 2 ? 1 : count * factorial(count - 1);
}
