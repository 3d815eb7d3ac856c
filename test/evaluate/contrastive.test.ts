import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pairBenchmarks } from "../../src/evaluate/contrastive/pair-benchmarks.ts";
import { retrieval } from "../../src/evaluate/contrastive/retrieval.ts";
import { checkTemplates, classVectors, zeroShot } from "../../src/evaluate/contrastive/zero-shot.ts";

const turned = (degrees: number): Float32Array => Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

/** Embeds as it was told to, which is all that figures depend on. */
const embedding = (angles: Readonly<Record<string, number>>) => ({
  embedPictures: (pictures: readonly unknown[]) => Promise.resolve(pictures.map((each) => turned(angles[String(each)]!))),
  embedTexts: (texts: readonly string[]) => Promise.resolve(texts.map((text) => turned(angles[text]!))),
});

test("a class is the mean direction of its name in all templates, as CLIP has it", async () => {
  const model = embedding({ "a cat": 10, "the cat": 50, "a dog": 90, "the dog": 100 });
  const [cat, dog] = await classVectors(model, ["cat", "dog"], ["a {}", "the {}"]);
  for (const [vector, degrees] of [
    [cat!, 30],
    [dog!, 95],
  ] as const)
    vector.forEach((value, i) => expect(value).toBeCloseTo(turned(degrees)[i]!, 6));
  expect(() => checkTemplates(["a {}", "a photo"], "file")).toThrow(/file: "a photo" has no \{\} for the name of a class/);
});

test("a picture is of the class that is most like it", async () => {
  const model = embedding({ "a cat": 0, "a dog": 90, x: 30, y: 60, z: 44 });
  const task = { classes: ["cat", "dog"], pictures: ["x", "y", "z"].map((path) => ({ path, right: path === "x" ? 0 : 1 })) };
  const measures = await zeroShot(model, task, ["a {}"]);
  expect(Object.keys(measures)).toEqual(["top-1"]);
  expect(measures["top-1"]!.scores).toEqual([1, 1, 0]);
});

test("pictures find any of their texts, texts any of their pictures", async () => {
  const model = embedding({ p0: 0, p1: 40, p2: 85, t0: 1, t1: 38, t2: 80, t3: 44 });
  const texts = [
    { text: "t0", pictures: [0] },
    { text: "t1", pictures: [2] },
    { text: "t2", pictures: [2] },
    { text: "t3", pictures: [0, 1] },
  ];
  const measures = await retrieval(model, { pictures: ["p0", "p1", "p2"], texts }, undefined);
  expect(Object.keys(measures)).toEqual([
    "image to text R@1",
    "image to text R@5",
    "image to text R@10",
    "text to image R@1",
    "text to image R@5",
    "text to image R@10",
  ]);
  // p1 finds t1 (2 degrees), which is said of p2, before its own t3 (4 degrees).
  expect(measures["image to text R@1"]!.scores).toEqual([1, 0, 1]);
  expect(measures["image to text R@5"]!.scores).toEqual([1, 1, 1]);
  expect(measures["text to image R@1"]!.scores).toEqual([1, 0, 1, 1]);
});

describe("data in its official form", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flamingo-pairs-"));
    const file = async (path: string, content: string): Promise<void> => {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), content);
    };
    await file("LOC_synset_mapping.txt", "n01 crane, bird\nn02 crane, machine\nn03 tench, Tinca tinca\n");
    await file("LOC_val_solution.csv", "ImageId,PredictionString\nval_1,n02 1 2 3 4\nval_2,n03 1 2 3 4\n");
    const image = (split: string, filename: string, ...raws: string[]): object => ({
      split,
      filename,
      filepath: "val2014",
      cocoid: 1,
      sentences: raws.map((raw) => ({ raw })),
    });
    await file(
      "dataset_coco.json",
      JSON.stringify({ images: [image("train", "a.jpg", "x"), image("test", "b.jpg", "one", "two"), image("test", "c.jpg", "one")] }),
    );
    for (const name of ["sea_horse/1.png", "sea_horse/2.jpg", "sea_horse/notes.txt", "cat/3.png", "empty/readme.md"]) await file(`classes/${name}`, "");
    await file("pairs.jsonl", ["1 same", "2 same", "3 other"].map((line) => JSON.stringify({ image: `${line[0]}.png`, text: line.slice(2) })).join("\n"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open = (name: string, data = folder, limit = 100) => {
    const benchmark = pairBenchmarks.find((each) => each.name === name)!;
    return benchmark.open(data, benchmark.splits[0], limit);
  };

  test("ImageNet: classes of one name are told apart by their number", async () => {
    expect(await open("imagenet")).toEqual({
      kind: "classification",
      classes: ["crane", "crane", "tench"],
      pictures: [1, 2].map((i) => ({ path: `${folder}/ILSVRC/Data/CLS-LOC/val/val_${i}.JPEG`, right: i })),
    });
  });

  test("COCO: every caption is a text of its own", async () => {
    expect(await open("coco")).toEqual({
      kind: "retrieval",
      pictures: ["b", "c"].map((name) => `${folder}/val2014/${name}.jpg`),
      texts: [
        { text: "one", pictures: [0] },
        { text: "two", pictures: [0] },
        { text: "one", pictures: [1] },
      ],
    });
  });

  test("folders of one's own are classes", async () => {
    const data = join(folder, "classes");
    expect(await open("classes", data)).toEqual({
      kind: "classification",
      classes: ["cat", "sea horse"],
      pictures: [
        { path: `${data}/cat/3.png`, right: 0 },
        { path: `${data}/sea_horse/1.png`, right: 1 },
        { path: `${data}/sea_horse/2.jpg`, right: 1 },
      ],
    });
    await expect(open("classes", join(folder, "classes/cat"))).rejects.toThrow(/should hold a folder of pictures for each class/);
  });

  test("pairs of one's own: the same words are one text", async () => {
    const task = await open("pairs", join(folder, "pairs.jsonl"));
    expect(task).toMatchObject({
      kind: "retrieval",
      texts: [
        { text: "same", pictures: [0, 1] },
        { text: "other", pictures: [2] },
      ],
    });
    expect(task.pictures.length).toBe(3);
    await expect(open("pairs", join(folder, "pairs.jsonl"), 1)).rejects.toThrow(/holds 1 pairs/);
  });
});
