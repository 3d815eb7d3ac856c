/**
 * A page in which two pictures teach two words. The model runs in the page, and nothing leaves it:
 *
 *     npm install flamingo-vlm vite && npx vite page
 */
import { Flamingo, image, type Medium } from "flamingo-vlm";

const input = (id: string) => document.getElementById(id) as HTMLInputElement;
const output = document.querySelector("output")!;
let loaded: Promise<Flamingo> | undefined;

async function pictureOf(id: string): Promise<Medium | undefined> {
  const file = input(id).files?.[0];
  return file && image(new Uint8Array(await file.arrayBuffer()));
}

async function ask(): Promise<void> {
  const [first, second, question] = await Promise.all(["first", "second", "question"].map(pictureOf));
  if (first === undefined || second === undefined || question === undefined) return;
  output.textContent = "…";
  loaded ??= Flamingo.load("nano");
  const model = await loaded;
  const task = await model.supportSet([
    { media: first, text: input("first-name").value },
    { media: second, text: input("second-name").value },
  ]);
  output.textContent = await model.generateText([task, question]);
  await task.dispose();
}

document.addEventListener("change", () => {
  ask().catch((error: Error) => {
    output.textContent = error.message;
  });
});
