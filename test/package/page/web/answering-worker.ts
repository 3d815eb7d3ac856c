import { answer } from "./answer.ts";

addEventListener("message", async ({ data }: MessageEvent<string>) => postMessage(await answer(new URLSearchParams(data))));
