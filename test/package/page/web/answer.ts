import { Flamingo, image, loadVideo } from "flamingo-vlm";

/** What the page says, in the page itself or in a worker of its own. @param asked - the query of the page's address */
export async function answer(asked: URLSearchParams): Promise<string> {
  try {
    if (asked.has("video")) await loadVideo(asked.get("video")!);
    const model = await Flamingo.load(asked.get("model") ?? "nano");
    const task = await model.supportSet([
      { media: image("/A.webp"), text: "a dax" },
      { media: image("/B.webp"), text: "a blick" },
    ]);
    const said = `ANSWER:${await model.generateText([task, image("/C.webp")])} THREADS:${model.threads}`;
    await model.dispose();
    return said;
  } catch (error) {
    return `ERROR:${(error as Error).message}`;
  }
}
