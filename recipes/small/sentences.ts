/**
 * Whole sentences about nano's pictures: what a picture shows, and answers that give their reason. A language model that knows English need not be taught it, only what to say it of.
 * Who asks as people do (`What is this?`) gets a sentence; `Question: What is this? Answer:` and a picture by itself get nano's short answers.
 */
import type { Random } from "flamingo-vlm/data";
import { parseConfig } from "flamingo-vlm/model";
import type { OpenSource } from "flamingo-vlm/train";
import * as z from "zod";
import { isClassConcept } from "../nano/classes/class-concepts.ts";
import { pictureDocument } from "../nano/episodes/episode-documents.ts";
import { asShown, type EpisodeChunk } from "../nano/episodes/episodes.ts";
import { goesBy } from "../nano/episodes/questions.ts";
import { openWorlds, worldsConfig } from "../nano/sources/worlds.ts";
import { type Concept, isUnsure, withArticle } from "../nano/things/concept.ts";
import { isFood, isLiving } from "../nano/things/properties.ts";

const optionsConfig = worldsConfig.extend({
  /** Largest number of pictures in a document. */
  maxMedia: z.number().int().min(1).max(64),
});

const open: OpenSource = async (options, show) => {
  const { maxMedia, ...worlds } = parseConfig(optionsConfig, options, "options of small's sentences");
  const { stored, draw } = await openWorlds(worlds, show);
  return {
    pictures: stored,
    document(random) {
      const world = draw(random);
      const named = world.concepts.filter(({ name }) => name !== "");
      const describing = random.chance(4 / 9);
      return pictureDocument(
        random.sample(named, random.integer(1, maxMedia)).map((concept): EpisodeChunk<ReturnType<typeof world.picture>> => {
          const picture = world.picture(concept, random);
          const shown = asShown(world, concept, picture);
          return { picture, ...(describing ? describe(shown, random) : ask(shown, named, random)), derivable: true };
        }),
      );
    },
  };
};
export default open;

/** What is said of one picture. */
export interface Sentence {
  readonly prompt: string;
  readonly answer: string;
}

const unsureSentence = "I am not sure what this shows.";

/** `This is a photograph of a tabby cat.` */
export function describe(concept: Concept, random: Random): Sentence {
  const asked = random.pick(["Describe this.", "Describe the picture.", "What does the picture show?", "What do you see?"]);
  if (isUnsure(concept)) return sentence(asked, unsureSentence);
  const kind = concept.kinds[0];
  const shown = withArticle(coloured(concept));
  const described = [
    `This is a ${isClassConcept(concept) ? "photograph" : "drawing"} of ${shown}.`,
    ...(kind === undefined ? [] : [`This is a ${isClassConcept(concept) ? "photograph" : "drawing"} of ${shown}, a kind of ${kind}.`]),
  ];
  return sentence(asked, random.pick(described));
}

/** A question and its answer in a sentence. @param others - what is wrongly asked for is taken from these */
export function ask(concept: Concept, others: readonly Concept[], random: Random): Sentence {
  if (isUnsure(concept)) return sentence("What is this?", unsureSentence);
  const thing = withArticle(concept.name);
  const [kind] = concept.kinds;
  const other = random.pick(others.filter((each) => !isUnsure(each)));
  const asks: Sentence[] = [sentence("What is this?", kind === undefined ? `This is ${thing}.` : `This is ${thing}, a kind of ${kind}.`)];
  asks.push(
    random.chance(0.5) || goesBy(concept, other.name)
      ? sentence(`Is this ${thing}?`, `Yes, this is ${thing}.`)
      : sentence(`Is this ${withArticle(other.name)}?`, `No, this is ${thing}.`),
  );
  if (kind !== undefined) {
    const named = random.chance(0.5) ? random.pick(concept.kinds) : other.kinds[0];
    if (named !== undefined)
      asks.push(
        sentence(`Is this a kind of ${named}?`, concept.kinds.includes(named) ? `Yes, ${thing} is a kind of ${named}.` : `No, ${thing} is a kind of ${kind}.`),
      );
  }
  const [colour] = concept.colours;
  if (colour !== undefined) asks.push(sentence("What colour is it?", `It is ${colour}.`));
  const living = isLiving(concept);
  if (living !== undefined) asks.push(sentence("Is it alive?", living ? `Yes, ${thing} is a living thing.` : `No, ${thing} is not a living thing.`));
  const food = isFood(concept);
  if (food !== undefined) asks.push(sentence("Can you eat it?", food ? `Yes, ${thing} is food.` : `No, ${thing} is not food.`));
  return random.pick(asks);
}

function sentence(prompt: string, answer: string): Sentence {
  return { prompt, answer: ` ${answer}` };
}

/** `red apple`, where the colour is known and not part of the name. */
function coloured({ name, colours }: Concept): string {
  const [colour] = colours;
  return colour === undefined || colours.length > 1 || name.includes(colour) || name.includes(" ") ? name : `${colour} ${name}`;
}
