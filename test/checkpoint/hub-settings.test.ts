import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chooseFiles } from "../../src/checkpoint/hub/file-pattern.ts";
import { readHubSettings } from "../../src/checkpoint/hub/platform/node-settings.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "flamingo-settings-"));
  await mkdir(join(home, "hf"));
  await writeFile(join(home, "hf", "token"), "hf_file\n");
});
afterAll(() => rm(home, { recursive: true, force: true }));

// Each as huggingface_hub 2.4.0 has it in `constants.HF_HUB_CACHE` under the same variables.
it.each([
  [{}, "/home/u/.cache/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }, "/h/hub"],
  [{ HF_HOME: "~/h" }, "/home/u/h/hub"],
  [{ HF_HOME: "$DISK/h", DISK: "/d" }, "/d/h/hub"],
  [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
  [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "$\u007bDISK}/c", DISK: "/d" }, "/d/c"],
  [{ HF_HUB_CACHE: "/a/$UNKNOWN" }, "/a/$UNKNOWN"],
])("finds the cache with %j", async (environment, cache) => {
  expect((await readHubSettings({ HOME: "/home/u", ...environment })).cache).toBe(cache);
});

it("takes the token from HF_TOKEN, else from the file, else none", async () => {
  const hf = { HOME: home, HF_HOME: join(home, "hf") };
  expect((await readHubSettings({ ...hf, HF_TOKEN: "hf_given", HUGGING_FACE_HUB_TOKEN: "hf_old" })).token).toBe("hf_given");
  expect((await readHubSettings({ ...hf, HF_TOKEN: "", HUGGING_FACE_HUB_TOKEN: "hf_old" })).token).toBe("hf_old");
  expect((await readHubSettings(hf)).token).toBe("hf_file");
  expect((await readHubSettings({ HOME: home })).token).toBeUndefined();
  expect((await readHubSettings({ ...hf, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).token).toBeUndefined();
  await expect(readHubSettings({ HOME: home, HF_TOKEN_PATH: home })).rejects.toThrow(/token file .* cannot be read \(EISDIR\)/);
});

it("knows when it is offline, and where the hub is", async () => {
  const offline = async (environment: Record<string, string>): Promise<boolean> => (await readHubSettings({ HOME: home, ...environment })).offline;
  expect(await Promise.all(["1", "on", "Yes", "TRUE", "0", "off", ""].map((value) => offline({ HF_HUB_OFFLINE: value })))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(await offline({ TRANSFORMERS_OFFLINE: "1" })).toBe(true);
  expect(await offline({ HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" })).toBe(false);
  expect((await readHubSettings({ HOME: home, HF_ENDPOINT: "http://127.0.0.1:8/hub//" })).endpoint).toBe("http://127.0.0.1:8/hub");
  for (const endpoint of ["", "hub", "ftp://hub", "http://u:secret@hub"])
    await expect(readHubSettings({ HOME: home, HF_ENDPOINT: endpoint })).rejects.toThrow(/^HF_ENDPOINT must be a plain address, (?!.*secret)/);
});

// Each as `fnmatch.fnmatchcase` of Python has it.
it.each([
  ["*.json", ["a.json", "b/c.json"]],
  ["b/", ["b/c.json", "b/d.bin"]],
  ["?.json", ["a.json"]],
  ["[ab].json", ["a.json"]],
  ["[!b].json", ["a.json"]],
  ["b/[c-d].*", ["b/c.json", "b/d.bin"]],
  ["b\\*", ["b/c.json", "b/d.bin"]],
  ["x[1].bin", undefined],
  ["x[[]1].bin", ["x[1].bin"]],
  ["A.JSON", undefined],
  ["a.json", ["a.json"]],
  ["a+b", undefined],
  ["json", undefined],
])("the pattern %s", (pattern, chosen) => {
  const files = ["a.json", "b/c.json", "b/d.bin", "x[1].bin"].map((name) => ({ name }));
  if (chosen === undefined) expect(() => chooseFiles("org/model", files, [pattern])).toThrow(/has no file that matches/);
  else expect(chooseFiles("org/model", files, [pattern]).map(({ name }) => name)).toEqual(chosen);
});
