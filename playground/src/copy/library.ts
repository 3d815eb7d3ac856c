import type { Prompt } from "../task/task.ts";
import type { CopyContext } from "./context.ts";
import { picturesOf } from "./pictures.ts";

/** A program that loads the model itself. */
export function library(prompt: Prompt, { model }: CopyContext): string {
  const { examples, question } = prompt;
  const shown = examples.map(({ text }, i) => `  { media: picture(${i}), text: ${JSON.stringify(text.trim())} },`);
  const asked = [`picture(${examples.length})`, ...(question.text === "" ? [] : [JSON.stringify(question.text)])].join(", ");
  const task = examples.length === 0 ? "" : `const task = await model.supportSet([\n${shown.join("\n")}\n]); // read once, for any number of questions\n`;
  return `import { Flamingo, image } from "flamingo-vlm";

const model = await Flamingo.load(${JSON.stringify(model)});
${task}console.log(await model.generateText([${examples.length === 0 ? "" : "task, "}${asked}]));
await model.dispose();

function picture(place: number) {
  return image(Buffer.from(pictures()[place]!.split(",")[1]!, "base64"));
}

${picturesOf(prompt)}`;
}
