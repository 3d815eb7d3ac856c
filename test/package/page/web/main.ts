import { Flamingo, image, loadVideo } from "flamingo-vlm";

const out = document.createElement("pre");
const asked = new URLSearchParams(location.search);
try {
  if (asked.has("video")) await loadVideo(asked.get("video")!);
  const model = await Flamingo.load(asked.get("model") ?? "nano");
  const task = await model.supportSet([
    { media: image("/A.webp"), text: "a dax" },
    { media: image("/B.webp"), text: "a blick" },
  ]);
  out.textContent = `ANSWER:${await model.generateText([task, image("/C.webp")])} THREADS:${model.threads}`;
  await model.dispose();
} catch (error) {
  out.textContent = `ERROR:${(error as Error).message}`;
}
document.body.append(out);
