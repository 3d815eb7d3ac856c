/** What transformers writes beside a vision tower about its pictures, and what becomes of it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { publishedPreprocessing } from "../../src/checkpoint/published/preprocessor-config.ts";
import type { PreprocessingConfig } from "../../src/data/preprocessing.ts";

const folder = await mkdtemp(join(tmpdir(), "flamingo-preprocessor-"));
afterAll(() => rm(folder, { recursive: true }));

type Config = Readonly<Record<string, unknown>>;

async function readAs(json: unknown, file = "preprocessor_config.json", imageSize = 224): Promise<Partial<PreprocessingConfig>> {
  const path = join(folder, file);
  await writeFile(path, JSON.stringify(json));
  try {
    return await publishedPreprocessing(`${folder}/`, imageSize);
  } finally {
    await rm(path);
  }
}

type Written = Readonly<Record<string, { readonly saved: Config }>>;

/** As transformers writes them (`tools/reference/published_configs.py`). */
async function writtenBy(version: string): Promise<Written> {
  return JSON.parse(await readFile(join(import.meta.dirname, `../fixtures/published-configs/transformers-${version}.json`), "utf8")) as Written;
}
const written = await writtenBy("5.24.0");
const clip = written["CLIPImageProcessor"]!.saved;
const siglip = written["SiglipImageProcessor"]!.saved;
const idefics = written["IdeficsImageProcessor"]!.saved;

test("CLIP's, SigLIP's and IDEFICS's", async () => {
  const bicubic = { size: [224, 224], interpolation: "bicubic" };
  const [mean, deviation] = [clip["image_mean"], clip["image_std"]];
  expect(await readAs(clip)).toEqual({ ...bicubic, fit: "crop", mean, deviation });
  expect(await readAs(siglip)).toEqual({ ...bicubic, fit: "squash", mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
  expect(await readAs(idefics)).toEqual({ ...bicubic, fit: "squash", mean, deviation });
  // The first version of CLIP's, and IDEFICS's as it was uploaded.
  expect(await readAs({ ...clip, size: 224, crop_size: 224, feature_extractor_type: "CLIPFeatureExtractor" })).toEqual({
    ...bicubic,
    fit: "crop",
    mean,
    deviation,
  });
  expect(await readAs({ image_num_channels: 3, image_size: 224, image_mean: mean, image_std: deviation })).toEqual({ size: [224, 224], mean, deviation });
});

test.each(["4.57.6", "5.24.0"])("every processor's, of version %s", async (version) => {
  const processors = Object.entries(await writtenBy(version)).filter(([name]) => name.includes("ImageProcessor"));
  expect(processors.length).toBeGreaterThanOrEqual(5);
  for (const [name, { saved }] of processors) {
    const read = await readAs(saved);
    expect(read.size).toEqual([224, 224]);
    // Version 4 does not say of IDEFICS's what its code does.
    if (saved["size"] !== undefined) expect(read).toMatchObject({ interpolation: "bicubic", fit: /^(CLIP|Bit)/.test(name) ? "crop" : "squash" });
  }
});

test("as a part of version 5's processor_config.json", async () => {
  expect(await readAs({ image_processor: { ...siglip, image_mean: 0.25 }, processor_class: "SiglipProcessor" }, "processor_config.json")).toMatchObject({
    mean: [0.25, 0.25, 0.25],
    deviation: [0.5, 0.5, 0.5],
  });
  expect(await readAs({ processor_class: "X" }, "processor_config.json")).toEqual({});
});

test("other values", async () => {
  expect(await readAs({ ...clip, do_normalize: false })).toMatchObject({ mean: [0, 0, 0], deviation: [1, 1, 1] });
  // Of the shorter edge the middle, as in DINOv2's.
  expect(await readAs({ ...clip, size: { shortest_edge: 256 } })).toMatchObject({ size: [224, 224], fit: "crop", middle: 0.875 });
  expect(await readAs({ ...siglip, resample: 2 })).toMatchObject({ interpolation: "bilinear" });
  // First to both edges, then a crop that takes nothing away.
  expect(await readAs({ ...clip, size: { height: 224, width: 224 } })).toMatchObject({ fit: "squash" });
  // Only where a size is one number does it say what that means.
  expect(await readAs({ ...clip, size: 224, default_to_square: false })).toEqual(await readAs(clip));
  expect(await readAs({ ...siglip, default_to_square: true })).toEqual(await readAs(siglip));
});

test.each([
  ["pictures that are not made smaller", { do_resize: false }, /"do_resize": only true or null is possible here.*found false/],
  ["values from 0 to 255", { do_rescale: false }, /"do_rescale": only true/],
  ["another factor", { rescale_factor: 1 }, /"rescale_factor": only 0\.00392/],
  ["another filter", { resample: 1 }, /"resample".*found 1/],
  ["a crop of more than there is", { size: { shortest_edge: 200 } }, /"crop_size": pictures are resized to 200, of which no 224 can be kept/],
  ["no crop of what is not square", { do_center_crop: false }, /"size": pictures would not become square/],
  ["sizes that are not square", { crop_size: { height: 224, width: 200 } }, /"crop_size"/],
  ["colours in another order", { do_flip_channel_order: true }, /"do_flip_channel_order"/],
  ["padding", { do_pad: true }, /"do_pad": only false/],
  ["one number that might mean a square", { size: 224, default_to_square: true }, /"default_to_square": versions of transformers differ.*"height": 224/],
  ["a key that nobody has heard of", { image_means: [0, 0, 0] }, /unknown key "image_means"; .*\(known is "image_mean"\)/],
  ["the size of another tower", { size: 384, crop_size: 384 }, /pictures become 384 pixels wide, but the tower beside it takes 224/],
])("are refused with %s", async (_, keys, message) => {
  await expect(readAs({ ...clip, ...keys })).rejects.toThrow(message);
});

test("notes of who wrote them change nothing", async () => {
  const notes = {
    ...{
      image_processor_type: "x",
      feature_extractor_type: "x",
      processor_class: "x",
      _processor_class: "x",
      _valid_processor_keys: ["x"],
      do_convert_rgb: false,
    },
    ...{ data_format: "channels_first", input_data_format: null, return_tensors: "pt", device: null, disable_grouping: null, default_to_square: false },
  };
  expect(await readAs({ ...clip, ...notes })).toEqual(await readAs(clip));
});
