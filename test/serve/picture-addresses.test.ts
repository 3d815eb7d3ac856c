/** Pictures that are named by their addresses: of hosts that the operator allows, and never inside of a network. What a fetch does is in test/data/public-fetch.test.ts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PictureReader } from "../../src/serve/pictures.ts";
import { listenHere, png, pngUrl, shown } from "./listening.ts";

let pictures: Server;
let port: number;
let picture: Uint8Array;
let asked: string[];
beforeAll(async () => {
  picture = await png(1);
  pictures = createServer((request, response) => {
    asked.push(request.url!);
    if (request.url === "/page") return response.end("<!doctype html><p>no picture</p>");
    if (request.url === "/svg") return response.end('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>');
    if (request.url === "/none") return response.writeHead(404).end();
    return response.end(picture);
  });
  await new Promise<void>((resolve) => pictures.listen(0, "127.0.0.1", resolve));
  port = (pictures.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => pictures.close(resolve)));
beforeEach(() => {
  asked = [];
});

describe("a reader of pictures", () => {
  const { signal } = new AbortController();
  const param = "input";
  /** Where 127.0.0.1 stands for a public address. */
  const reader = (pictureHosts: readonly string[], maxBody = 1_000_000): PictureReader =>
    new PictureReader(
      { maxImages: 3, maxBody, pictureHosts },
      {
        resolve: async (name) => [{ address: name === "inside.test" ? "10.0.0.1" : "127.0.0.1", family: 4 }],
        mayConnect: (address) => address === "127.0.0.1",
      },
    );
  const read = async (hosts: readonly string[], ...urls: readonly string[]) =>
    (
      await reader(hosts).read(
        urls.map((url) => ({ url, param })),
        signal,
      )
    ).map(({ medium }) => new Uint8Array(medium.frames[0] as Uint8Array));

  it("opens addresses of hosts that are allowed, beside pictures that are in the request", async () => {
    const here = `pictures.test:${port}`;
    for (const hosts of [[here], [`*.test:${port}`], ["*"], ["other.test", here]]) expect(await read(hosts, `http://${here}/a.png`)).toEqual([picture]);
    const carried = await pngUrl(2);
    expect(await read([here], carried, `http://${here}/a.png`, carried)).toEqual([await png(2), picture, await png(2)]);
    asked = [];
    for (const hosts of [["pictures.test"], ["test"], [`*.pictures.test:${port}`], ["other.test"]])
      await expect(read(hosts, `http://${here}/a.png`)).rejects.toMatchObject({
        status: 400,
        param,
        code: "invalid_image_url",
        message: expect.stringContaining("--allow-picture-hosts") as string,
      });
    expect(asked).toEqual([]);
  });

  it("says why there is no picture", async () => {
    const refused = (url: string, message: string) =>
      expect(read(["*"], url)).rejects.toMatchObject({ status: 400, param, message: expect.stringContaining(message) as string });
    await refused(`http://pictures.test:${port}/none`, "answered with 404");
    await refused(`http://pictures.test:${port}/page`, "not a picture");
    await refused(`http://pictures.test:${port}/svg`, "not a picture");
    await refused("http://inside.test/a.png", "no public address");
    await refused("file:///etc/passwd", "opens no files");
    await refused("/etc/passwd", "opens no files");
    await refused("http://user:secret@pictures.test/", "name and password");
  });

  it("fetches no more for a request than could have come with it", async () => {
    const url = `http://pictures.test:${port}/a.png`;
    const twice = [url, url].map((each) => ({ url: each, param }));
    await expect(reader(["*"], 1.5 * picture.length).read(twice, signal)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("larger") as string,
    });
    expect(await reader(["*"], 2 * picture.length).read(twice, signal)).toHaveLength(2);
    await expect(reader(["*"]).read([...twice, ...twice], signal)).rejects.toMatchObject({ code: "too_many_images" });
  });
});

it("a server that opens all hosts opens none inside of its network", async () => {
  const { openai } = await listenHere({ pictureHosts: ["*"] });
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::ffff:127.0.0.1]:${port}`, "169.254.169.254", `2130706433:${port}`]) {
    const asking = openai.chat.completions.create({ model: "tiny", messages: [{ role: "user", content: [shown(`http://${host}/a.png`)] }] });
    await expect(asking).rejects.toMatchObject({
      status: 400,
      param: "messages[0].content[0].image_url.url",
      message: expect.stringContaining("no public address") as string,
    });
  }
  await expect(openai.embeddings.create({ model: "tiny", input: `http://127.0.0.1:${port}/a.png` })).rejects.toMatchObject({ status: 400, param: "input" });
  expect(asked).toEqual([]);
});
