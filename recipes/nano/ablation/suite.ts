/** What the rows are asked, four examples before each question: pictures of easy-VQA's test split after pictures of its training split. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "flamingo-vlm/data";
import { type Answered, captionMeasures, type EvaluationCase, type MediaFile, type OpenSuite, type ShownExample, type SuiteTask } from "flamingo-vlm/evaluate";
import { writeWhole } from "flamingo-vlm/files";
import sharp from "sharp";
import { nonceWords } from "../episodes/nonce.ts";
import { moved } from "./moved.ts";
import { captionOf, type Direction, directions, filmCaptionOf, films, folder, kindOf, type ShapePicture, shapePictures, whereQuestion } from "./shapes.ts";

const shots = 4;
/** Pictures that examples are taken from; of films half as many. Few, since each is encoded anew for every model that is asked. */
const supported = 40;

const openSuite: OpenSuite = async ({ limit, seed, show = () => {} }) => {
  const random = new Random("ablation", seed);
  const support = random.sample(await shapePictures("train", 800, show), supported);
  const queries = random.sample(await shapePictures("test", 1000, show), limit);
  const filmed = async (pictures: readonly ShapePicture[]): Promise<Filmed[]> => {
    const made: Filmed[] = [];
    for (const [i, picture] of pictures.entries()) {
      const direction = directions[i % directions.length]!;
      made.push({ picture, direction, medium: await filmOf(picture, direction) });
    }
    return made;
  };
  const filmSupport = await filmed(support.slice(0, supported / 2));
  const filmQueries = await filmed(queries.slice(0, limit / 2));
  const examples = <Item>(of: readonly Item[], task: string, i: number): readonly Item[] => new Random(task, seed, i).sample(of, shots);
  const about = (picture: ShapePicture, answer: string, prompt = ""): ShownExample => ({
    media: [{ kind: "image", path: join(folder, picture.image) }],
    prompt,
    answer: ` ${answer}`,
  });
  const question = (picture: ShapePicture, at: Random): ShownExample => {
    const asked = at.pick(picture.questions);
    return about(picture, asked.answer, `Question: ${asked.question} Answer:`);
  };
  const ofFilm = ({ medium }: Filmed, answer: string, prompt = ""): ShownExample => ({ media: [medium], prompt, answer: ` ${answer}` });
  const answers = [...new Set(support.flatMap(({ questions }) => questions.map(({ answer }) => ` ${answer}`)))].sort();
  const tasks: SuiteTask[] = [
    {
      ...{ name: "captions", shots, measure: asCaptions },
      cases: queries.map((picture, i) => ({
        shots: examples(support, "captions", i).map((each) => about(each, captionOf(each))),
        query: { id: i, ...about(picture, captionOf(picture)) },
      })),
    },
    {
      ...{ name: "new names", shots, chance: 1 / 2 },
      cases: queries.flatMap((picture, i) => namesCase(picture, i, [...support, ...queries], about, seed) ?? []),
    },
    {
      ...{ name: "easy-VQA", shots, chance: 1 / answers.length },
      cases: queries.map((picture, i) => {
        const at = new Random("easy-VQA", seed, i);
        return { shots: at.sample(support, shots).map((each) => question(each, at)), query: { id: i, ...question(picture, at), choices: answers } };
      }),
    },
    {
      ...{ name: "film questions", shots, chance: 1 / directions.length },
      cases: filmQueries.map((film, i) => ({
        shots: examples(filmSupport, "film questions", i).map((each) => ofFilm(each, each.direction, whereQuestion)),
        query: { id: i, ...ofFilm(film, film.direction, whereQuestion), choices: directions.map((each) => ` ${each}`) },
      })),
    },
    {
      ...{ name: "film captions", shots, measure: asCaptions },
      cases: filmQueries.map((film, i) => ({
        shots: examples(filmSupport, "film captions", i).map((each) => ofFilm(each, filmCaptionOf(each.picture, each.direction))),
        query: { id: i, ...ofFilm(film, filmCaptionOf(film.picture, film.direction)) },
      })),
    },
  ];
  return { tasks, fileOf: (path) => path };
};
export default openSuite;

interface Filmed {
  readonly picture: ShapePicture;
  readonly direction: Direction;
  readonly medium: MediaFile;
}

/** Two kinds of pictures with names that mean nothing, two examples of each; the question shows another picture of one of them. @returns undefined where too few pictures are of its kind */
function namesCase(
  picture: ShapePicture,
  i: number,
  pictures: readonly ShapePicture[],
  about: (picture: ShapePicture, answer: string) => ShownExample,
  seed: number,
): EvaluationCase | undefined {
  const at = new Random("new names", seed, i);
  const names = nonceWords(at, 2).map((name) => `a ${name}`);
  const kinds = [...Map.groupBy(at.shuffle(pictures.filter(({ image }) => image !== picture.image)), kindOf).values()].filter(({ length }) => length >= 2);
  const same = kinds.find((of) => kindOf(of[0]!) === kindOf(picture));
  const other = kinds.find((of) => of[0]!.form !== picture.form && of[0]!.colour !== picture.colour);
  if (same === undefined || other === undefined) return undefined;
  const shown = [same, other].flatMap((of, which) => of.slice(0, 2).map((each) => about(each, names[which]!)));
  return { shots: at.shuffle(shown), query: { id: i, ...about(picture, names[0]!), choices: names.map((name) => ` ${name}`) } };
}

function asCaptions(answered: readonly Answered[]): ReturnType<typeof captionMeasures> {
  return captionMeasures(answered.map(({ question, answer }) => ({ question, answer, truth: [question.answer.trim()] })));
}

/** Writes a film's frames, unless they are there. */
async function filmOf({ image }: ShapePicture, direction: Direction): Promise<MediaFile> {
  const path = join(folder, "ablation-films", `${image.replaceAll(/\W+/g, "-")}-${direction}`);
  for (const [second, version] of films[direction].entries()) {
    const file = join(path, `${second}.png`);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      continue;
    const { data, width, height } = await moved(image, version);
    await writeWhole(
      file,
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
      { makeFolders: true },
    );
  }
  return { kind: "video", path };
}
