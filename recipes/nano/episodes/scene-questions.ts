/** Questions about several things in one picture: how many, and what is where. */
import type { Random } from "flamingo-vlm/data";
import { type ComposedScene, mostCounted } from "../scenes/composed-scenes.ts";
import { withArticle } from "../things/concept.ts";
import type { EpisodeChunk } from "./episodes.ts";
import { asked, type Question } from "./questions.ts";

const numbers = ["one", "two", "three", "four", "five"] as const;

/** An episode of one kind of question. @param picture - shows a scene */
export function sceneEpisode<Picture>(
  scenes: readonly ComposedScene[],
  picture: (scene: ComposedScene) => Picture,
  maxChunks: number,
  random: Random,
): EpisodeChunk<Picture>[] {
  const kind = random.pick(scenes).kind;
  const shown = random.sample(
    scenes.filter((scene) => scene.kind === kind),
    random.integer(1, Math.min(8, maxChunks)),
  );
  return shown.map((scene) => {
    const question = kind === "count" ? askNumber(scene, random) : askSide(scene, random);
    return { picture: picture(scene), ...asked(question), derivable: true };
  });
}

function askNumber({ things }: ComposedScene, random: Random): Question {
  const right = things.length;
  if (random.chance(0.75)) return { question: random.pick(["How many are there?", "How many things are there?"]), answer: numbers[right - 1]! };
  const number = random.chance(0.5) ? right : random.integer(1, mostCounted);
  return { question: number === 1 ? "Is there one?" : `Are there ${numbers[number - 1]!}?`, answer: number === right ? "yes" : "no" };
}

function askSide({ things }: ComposedScene, random: Random): Question {
  const [left, right] = things as [ComposedScene["things"][number], ComposedScene["things"][number]];
  const onTheLeft = random.chance(0.5);
  const { name } = (onTheLeft ? left : right).concept;
  if (random.chance(0.5)) return { question: `What is on the ${onTheLeft ? "left" : "right"}?`, answer: withArticle(name) };
  return { question: `Where is the ${name}?`, answer: onTheLeft ? "on the left" : "on the right" };
}
