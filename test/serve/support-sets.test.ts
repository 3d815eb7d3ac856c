/** Examples that are read once: in memory, on disk, gone, in use, of another model. */
import { cp, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataUrl, listenHere, pngUrl, shown } from "./listening.ts";
import { answer, call, examples, expectNoneOfAnother, type Facts, ids, make } from "./support-set-calls.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-sets-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a support set", () => {
  it("is made once, answers as its examples in the conversation do, and tells what it saved", async () => {
    const server = await listenHere();
    const { cached: none, ...same } = (await answer(server, undefined, [1, 2])) as { cached: number };
    const { status, body } = await make(server, 1, 2);
    expect(status).toBe(201);
    expect(body).toMatchObject({ object: "support_set", model: "tiny", examples: 2, in_memory: true, on_disk: false });
    expect(await make(server, 1, 2)).toEqual({ status: 200, body });
    expect((await make(server, 2, 1)).body.id).not.toBe(body.id);
    const { cached, ...said } = (await answer(server, body.id)) as { cached: number };
    expect(cached).toBe(body.tokens);
    expect(none).toBe(0);
    expect(JSON.parse(JSON.stringify(said, rounded))).toEqual(JSON.parse(JSON.stringify(same, rounded)));
    expect((await call<Facts>(server, "GET", `/v1/support-sets/${body.id}`)).body).toEqual(body);
    const scored = await call<{ choices: { probability: number; log_probability: number; text: string }[] }>(server, "POST", "/v1/score", {
      model: "tiny",
      support_set: body.id,
      messages: [{ role: "user", content: [shown(await pngUrl(77)), { type: "text", text: "the" }] }],
      choices: ["cat", "hat"],
    });
    expect(scored.body.choices.map(({ text }) => text)).toEqual(["cat", "hat"]);
    expect(scored.body.choices.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const system = await call(server, "POST", "/v1/chat/completions", {
      model: "tiny",
      support_set: body.id,
      messages: [
        { role: "system", content: "a" },
        { role: "user", content: "b" },
      ],
    });
    expect(system).toMatchObject({ status: 400, body: { error: { param: "messages[0].role" } } });
  });

  it("is found by who sends its examples in a conversation, and by nobody else", async () => {
    const server = await listenHere();
    const { tokens, id } = (await make(server, 1, 2)).body;
    const named = await answer(server, id);
    expect(await answer(server, undefined, [1, 2])).toEqual(named);
    // More examples may follow it; of two support sets the one with more of the examples is found.
    expect(await answer(server, undefined, [1, 2, 3])).toMatchObject({ cached: tokens });
    const more = (await make(server, 1, 2, 3)).body;
    expect(await answer(server, undefined, [1, 2, 3, 4])).toMatchObject({ cached: more.tokens });
    for (const seeds of [[], [1], [2, 1], [3, 1, 2]]) expect(await answer(server, undefined, seeds)).toMatchObject({ cached: 0 });
    // The same texts with another picture, and the same pictures with another text.
    const said = async (picture: string, text: string): Promise<number> => {
      const turns = [1, 2].map(async (seed) => [
        { role: "user" as const, content: [shown(seed === 2 ? picture : await pngUrl(seed))] },
        { role: "assistant" as const, content: seed === 2 ? text : `the cat ${seed}` },
      ]);
      const messages = [...(await Promise.all(turns)).flat(), { role: "user" as const, content: "the" }];
      const { usage } = await server.openai.chat.completions.create({ model: "tiny", messages, max_tokens: 1 });
      return usage!.prompt_tokens_details!.cached_tokens!;
    };
    expect(await said(await pngUrl(2), "the cat 2")).toBe(tokens);
    expect(await said(await pngUrl(7), "the cat 2")).toBe(0);
    expect(await said(await pngUrl(2), "the cat")).toBe(0);
    // Used, it is not freed by being deleted in between, and then it is gone.
    await call(server, "DELETE", `/v1/support-sets/${id}`);
    expect(await said(await pngUrl(2), "the cat 2")).toBe(0);
  });

  it("is another one where a picture has the same values in another size", async () => {
    const server = await listenHere();
    const grey = (width: number, height: number): Promise<Buffer> =>
      sharp({ create: { width, height, channels: 3, background: "#808080" } })
        .png()
        .toBuffer();
    const made = await Promise.all(
      [
        [8, 4],
        [4, 8],
        [16, 2],
      ].map(async ([width, height]) => {
        const image = dataUrl(await grey(width!, height!));
        return call<Facts>(server, "POST", "/v1/support-sets", { model: "tiny", examples: [{ image, text: "a" }] });
      }),
    );
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(3);
  });

  it("that is deleted while it is used is used to the end, and is gone then", async () => {
    const server = await listenHere();
    const { id } = (await make(server, 1)).body;
    const whole = await server.openai.chat.completions.create({
      model: "tiny",
      messages: [{ role: "user", content: "the" }],
      max_tokens: 60,
      ...({ support_set: id } as object),
    });
    const asked = Array.from({ length: 3 }, () =>
      server.openai.chat.completions.create({
        model: "tiny",
        messages: [{ role: "user", content: "the" }],
        max_tokens: 60,
        stream: true,
        ...({ support_set: id } as object),
      }),
    );
    const [first, ...rest] = await Promise.all(asked);
    expect(await call(server, "DELETE", `/v1/support-sets/${id}`)).toEqual({ status: 200, body: { id, object: "support_set.deleted", deleted: true } });
    for (const stream of [first!, ...rest]) {
      let text = "";
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      expect(text).toBe(whole.choices[0]!.message.content);
    }
    await expect(answer(server, id)).rejects.toMatchObject({ status: 404, param: "support_set", code: "support_set_not_found" });
    expect(await ids(server)).toEqual([]);
  });

  it("that was used longest ago goes first when memory is full; without a folder it is gone", async () => {
    const probe = await listenHere();
    const { bytes } = (await make(probe, 1, 2)).body;
    const server = await listenHere({ supportMemory: 2.5 * bytes });
    const [a, b] = [(await make(server, 1, 2)).body.id, (await make(server, 3, 4)).body.id];
    await answer(server, a);
    const c = (await make(server, 5, 6)).body.id;
    expect((await ids(server)).toSorted()).toEqual([a, c].toSorted());
    await expect(answer(server, b)).rejects.toMatchObject({ status: 404 });
    expect(await make(server, 1, 2, 3, 4, 5, 6)).toMatchObject({ status: 400, body: { error: { param: "examples", code: "support_set_too_large" } } });
  });
});

describe("with a folder", () => {
  it("they are there after a restart, to the last bit, and are read from it when memory is full", async () => {
    const settings = { supportFolder: join(folder, "kept") };
    const before = await listenHere(settings);
    const { id, bytes } = (await make(before, 1, 2)).body;
    const other = (await make(before, 3, 4)).body.id;
    const said = [await answer(before, id), await answer(before, other)];
    expect((await readdir(settings.supportFolder)).toSorted()).toEqual([id, other].map((each) => `${each}.safetensors`).toSorted());
    const after = await listenHere({ ...settings, supportMemory: 1.5 * bytes });
    expect((await ids(after)).toSorted()).toEqual([id, other].toSorted());
    for (let i = 0; i < 2; i++) expect([await answer(after, id), await answer(after, other)]).toEqual(said);
    expect(await make(after, 1, 2)).toMatchObject({ status: 200, body: { id, on_disk: true } });
    await call(after, "DELETE", `/v1/support-sets/${id}`);
    expect(await readdir(settings.supportFolder)).toEqual([`${other}.safetensors`]);
  });

  it("one that is not to be stored is in memory alone, until it is asked for to be stored", async () => {
    const settings = { supportFolder: join(folder, "unstored") };
    const server = await listenHere(settings);
    const body = { model: "tiny", examples: await examples(1, 2) };
    const made = await call<Facts>(server, "POST", "/v1/support-sets", { ...body, store: false });
    expect(made).toMatchObject({ status: 201, body: { in_memory: true, on_disk: false } });
    expect(await readdir(settings.supportFolder)).toEqual([]);
    const said = await answer(server, made.body.id);
    expect(said).toMatchObject({ cached: made.body.tokens });
    expect(await call(server, "POST", "/v1/support-sets", { ...body, store: false })).toEqual({ ...made, status: 200 });
    // Two at the same time write it once.
    const stored = await Promise.all([1, 2].map(() => call<Facts>(server, "POST", "/v1/support-sets", body)));
    for (const each of stored) expect(each).toEqual({ status: 200, body: { ...made.body, on_disk: true } });
    expect(await answer(await listenHere(settings), made.body.id)).toEqual(said);
  });

  it("what does not fit on the disk makes room, least recently used first", async () => {
    const probe = await listenHere({ supportFolder: join(folder, "probe") });
    const { id: first } = (await make(probe, 1, 2)).body;
    const { size } = await (await import("node:fs/promises")).stat(join(folder, "probe", `${first}.safetensors`));
    const server = await listenHere({ supportFolder: join(folder, "small"), supportDisk: 2.5 * size });
    const made: string[] = [];
    for (const seeds of [
      [1, 2],
      [3, 4],
      [5, 6],
    ]) {
      made.push((await make(server, ...seeds)).body.id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await readdir(join(folder, "small"))).toSorted()).toEqual(
      made
        .slice(1)
        .map((id) => `${id}.safetensors`)
        .toSorted(),
    );
  });

  it("two servers that share it share what each of them makes, and forget what one of them deletes", async () => {
    const settings = { supportFolder: join(folder, "shared") };
    const [one, two] = [await listenHere(settings), await listenHere(settings)];
    // Both are asked at the same time, as behind one address.
    const [{ body }, again] = await Promise.all([make(one, 1, 2), make(two, 1, 2)]);
    expect(again.body.id).toBe(body.id);
    expect(await readdir(settings.supportFolder)).toEqual([`${body.id}.safetensors`]);
    const other = (await make(two, 3, 4)).body.id;
    const said = await answer(one, body.id);
    expect(await answer(two, body.id)).toEqual(said);
    expect(await answer(one, other)).toEqual(await answer(two, other));
    expect(said).toMatchObject({ cached: body.tokens });
    expect((await ids(one)).toSorted()).toEqual((await ids(two)).toSorted());
    expect(await make(one, 3, 4)).toMatchObject({ status: 200 });
    // It is in the memory of both.
    await call(one, "DELETE", `/v1/support-sets/${body.id}`);
    await expect(answer(two, body.id)).rejects.toMatchObject({ status: 404 });
    expect((await call(two, "GET", `/v1/support-sets/${body.id}`)).status).toBe(404);
    await call(two, "DELETE", `/v1/support-sets/${other}`);
    expect(await ids(one)).toEqual([]);
    expect(await make(two, 1, 2)).toMatchObject({ status: 201 });
    expect(await answer(one, body.id)).toEqual(said);
  });

  it("one of another model, and a damaged one, are refused by what they are", async () => {
    const supportFolder = join(folder, "mixed");
    const other = await listenHere({ supportFolder }, 6);
    const { id, server } = await expectNoneOfAnother(other, () => listenHere({ supportFolder }));
    const mine = (await make(server, 1)).body.id;
    expect(mine).not.toBe(id);
    const damaged = mine.replace(/.{4}$/, "0000");
    await cp(join(supportFolder, `${mine}.safetensors`), join(supportFolder, `${damaged}.safetensors`));
    await truncate(join(supportFolder, `${damaged}.safetensors`), 2000);
    await writeFile(join(supportFolder, "notes.txt"), "mine");
    await expect(answer(server, damaged)).rejects.toMatchObject({ status: 400, param: "support_set" });
    expect(await ids(server)).toEqual([mine]);
    // Whoever sends its examples again makes it whole.
    const said = await answer(server, mine);
    const fresh = await listenHere({ supportFolder });
    await truncate(join(supportFolder, `${mine}.safetensors`), 2000);
    await expect(answer(fresh, mine)).rejects.toMatchObject({ status: 400, param: "support_set" });
    expect(await make(fresh, 1)).toMatchObject({ status: 201, body: { id: mine, on_disk: true } });
    expect(await answer(fresh, mine)).toEqual(said);
    expect(await answer(await listenHere({ supportFolder }), mine)).toEqual(said);
  });
});

/** Read in other steps, the same numbers differ in their last digits. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1e4) / 1e4 : value;
}
