import { conversationOf } from "../answering/conversation.ts";
import type { Prompt } from "../task/task.ts";
import type { CopyContext } from "./context.ts";
import { picturesOf } from "./pictures.ts";

/** A program for OpenAI's client. Pictures stand at its end, where they hide nothing. */
export function openaiClient(prompt: Prompt, { model, base, locked }: CopyContext): string {
  let place = 0;
  const messages = conversationOf(prompt).map(({ role, content }) => {
    if (typeof content === "string") return `    { role: "${role}", content: ${JSON.stringify(content)} },`;
    const parts = content.map((part) => (part.type === "text" ? JSON.stringify(part) : `picture(${place++})`));
    return `    { role: "${role}", content: [${parts.join(", ")}] },`;
  });
  return `import OpenAI from "openai";

const openai = new OpenAI({ baseURL: ${JSON.stringify(`${base}v1`)}, apiKey: ${locked ? "process.env.FLAMINGO_API_KEY" : '"none"'} });
const { choices } = await openai.chat.completions.create({
  model: ${JSON.stringify(model)},
  messages: [
${messages.join("\n")}
  ],
});
console.log(choices[0].message.content);

function picture(place: number) {
  return { type: "image_url" as const, image_url: { url: pictures()[place]! } };
}

${picturesOf(prompt)}`;
}
