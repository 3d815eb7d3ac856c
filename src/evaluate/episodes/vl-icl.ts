/** VL-ICL Bench (Zong et al., 2025) as its authors publish it: a folder for each data set with a `query.json` and a `support.json`, and examples that are drawn for each question. */
import * as z from "zod";
import { DataError } from "../../data/errors.ts";
import { Random } from "../../data/random.ts";
import { BenchmarkFiles } from "../benchmarks/benchmark-files.ts";
import type { EvaluationCase, ShownExample } from "../question.ts";
import type { Suite, SuiteOptions, SuiteTask } from "../suite.ts";
import { type JudgeName, judgedBy } from "./judges.ts";
import { openPictures } from "./pictures.ts";

const text = z.union([z.string(), z.number()]).transform(String);
const images = z.union([z.string().transform((path) => [path]), z.array(z.string()).min(1)]);
const plain = z.object({ image: images, question: z.string(), answer: text });
type Plain = z.output<typeof plain>;

/** Kinds of data sets by how their files look and how examples are chosen: at most so many as `random` draws from. */
interface DataSet {
  readonly title: string;
  readonly judge: JudgeName;
  readonly chance: number;
  open(files: BenchmarkFiles, folder: string): Promise<readonly Query[]>;
}

interface Query extends Plain {
  /** Undefined where there are not so many. */
  examples(shots: number, random: Random): readonly Plain[] | undefined;
}

/** Operators in the order of an example's answers. */
const operators = ["+", "-", "x"] as const;

const operatorSet = (title: string): DataSet => ({
  title,
  judge: "number",
  chance: 0,
  async open(files, folder) {
    const support = await files.json(`${folder}/support.json`, z.array(plain.extend({ answer: z.array(text).length(operators.length) })));
    const queries = await files.json(`${folder}/query.json`, z.array(plain.extend({ operator: z.enum(operators) })));
    return queries.map(({ operator, ...query }) => ({
      ...query,
      examples: (shots, random) => drawn(support, shots, random)?.map((each) => ({ ...each, answer: each.answer[operators.indexOf(operator)]! })),
    }));
  },
});

const plainSet = (title: string): DataSet => ({
  title,
  judge: "text",
  chance: 0,
  async open(files, folder) {
    const support = await files.json(`${folder}/support.json`, z.array(plain));
    return (await files.json(`${folder}/query.json`, z.array(plain))).map((query) => ({
      ...query,
      examples: (shots, random) => drawn(support, shots, random),
    }));
  },
});

/** The data sets whose answers are texts, by their folders. */
const dataSets: Readonly<Record<string, DataSet>> = {
  open_mi: {
    title: "open-ended MI",
    judge: "text",
    chance: 0,
    async open(files, folder) {
      const brought = z.record(z.string(), z.object({ images: z.array(z.string()) }));
      const queries = await files.json(`${folder}/query.json`, z.array(plain.extend({ classes: z.array(z.string()).min(2), support: brought })));
      return queries.map(({ classes, support, ...query }) => ({
        ...query,
        // The right class and another one, always in the same order: a shot is a picture of each.
        examples(shots, random) {
          const other = random.pick(classes.filter((each) => each !== query.answer));
          const order = random.chance(0.5) ? [query.answer, other] : [other, query.answer];
          if (order.some((each) => (support[each]?.images.length ?? 0) < shots)) return undefined;
          return Array.from({ length: shots }, (_, i) =>
            order.map((each) => ({ image: [support[each]!.images[i]!], question: query.question, answer: each })),
          ).flat();
        },
      }));
    },
  },
  clevr: plainSet("CLEVR count induction"),
  operator_induction: operatorSet("operator induction"),
  operator_induction_interleaved: operatorSet("interleaved operator induction"),
  textocr: plainSet("TextOCR"),
  matching_mi: {
    title: "matching MI",
    judge: "yes or no",
    chance: 1 / 2,
    async open(files, folder) {
      const support = await files.json(`${folder}/support.json`, z.array(z.object({ same: plain, diff: plain })));
      return (await files.json(`${folder}/query.json`, z.array(plain))).map((query) => ({
        ...query,
        examples: (shots, random) => drawn(support, shots, random)?.flatMap(({ same, diff }) => [same, diff]),
      }));
    },
  },
};

const officialShots = [0, 1, 2, 4, 8];
const officialTokens = 15;

/**
 * Opens the data sets that are there. A number of shots that a data set has too few examples for is left out of it.
 * @param folder - the authors' data, or pictures and questions of the same form
 * @throws DataError when no data set is there, or a file is of another form
 */
export async function openVlIcl(folder: string, { limit, seed, shots: counts = officialShots }: SuiteOptions): Promise<Suite> {
  const files = new BenchmarkFiles(folder);
  const tasks: SuiteTask[] = [];
  for (const [name, { title, judge, chance, open }] of Object.entries(dataSets)) {
    if (!(await files.has(`${name}/query.json`))) continue;
    const queries = (await open(files, name)).slice(0, limit);
    for (const shots of counts) {
      const rightAnswers = new Map<EvaluationCase, readonly string[]>();
      for (const [i, query] of queries.entries()) {
        const examples = query.examples(shots, new Random("VL-ICL", name, seed, shots, i));
        if (examples !== undefined) rightAnswers.set({ shots: examples.map(shown), query: { id: i, ...shown(query) } }, [query.answer]);
      }
      if (rightAnswers.size < queries.length) continue;
      tasks.push({ name: title, shots, chance, cases: [...rightAnswers.keys()], maxTokens: officialTokens, ...judgedBy(judge, rightAnswers) });
    }
  }
  if (tasks.length === 0)
    throw new DataError(
      `${folder} has no data set of VL-ICL Bench with ${counts.join(", ")} shots: a folder such as operator_induction/ with a query.json and a support.json`,
    );
  return { tasks, fileOf: await openPictures((await files.has("pictures.tar")) ? files.at("pictures.tar") : folder) };
}

function drawn<Item>(support: readonly Item[], shots: number, random: Random): readonly Item[] | undefined {
  return support.length < shots ? undefined : random.sample(support, shots);
}

/** The authors' prompt for Flamingo models. */
function shown({ image, question, answer }: Plain): ShownExample {
  return { media: image.map((path) => ({ kind: "image", path })), prompt: `${question}\nAnswer:`, answer: ` ${answer}` };
}
