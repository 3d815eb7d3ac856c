import { answer } from "./answer.ts";

onmessage = async ({ data }: MessageEvent<string>) => postMessage(await answer(new URLSearchParams(data)));
