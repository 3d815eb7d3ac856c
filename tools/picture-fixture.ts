/**
 * What Node makes of the pictures and videos of every kind, for the browser to be compared with:
 * `node --conditions=flamingo-source tools/picture-fixture.ts > test/fixtures/data/pictures/node.json`
 */
import { loadPicture } from "../src/data/image.ts";
import { loadVideo } from "../src/data/video.ts";
import { animations, pictureKinds, seen } from "../test/data/picture-kinds.ts";

const folder = new URL("../test/fixtures/data/pictures/", import.meta.url).pathname;
const base64 = (values: Float32Array): string => Buffer.from(values.map((value) => Math.round(255 * value))).toString("base64");

const pictures: Record<string, string> = {};
for (const name of pictureKinds) pictures[name] = base64(seen(await loadPicture(folder + name)));
const videos: Record<string, readonly string[]> = {};
for (const [name] of animations) videos[name] = (await loadVideo(folder + name, { frames: 4 })).map((frame) => base64(seen(frame)));
console.log(JSON.stringify({ pictures, videos }, undefined, 1));
