/** How transformers prepares pictures for a vision tower: `preprocessor_config.json`, which version 5 writes as a part of `processor_config.json`. */
import * as z from "zod";
import type { PreprocessingConfig } from "../../data/preprocessing.ts";
import { ConfigError, parseConfig } from "../../model/strict-config.ts";
import { readJsonFile, sizeOf } from "../folder-files.ts";
import { keys, publishedObject } from "./published-object.ts";
import { processorFiles } from "./recognise.ts";

const count = z.number().int().positive();

/** One value for all channels, or one for each. */
const channels = z
  .union([z.tuple([z.number(), z.number(), z.number()]), z.number().transform((each): [number, number, number] => [each, each, each])])
  .nullish();

/** An edge in pixels: of a square, or the shorter one of whatever a picture is. */
const edge = z.union([
  count.transform((size) => ({ size, square: undefined })),
  z
    .strictObject({ height: count, width: count, shortest_edge: z.null().optional(), longest_edge: z.null().optional() })
    .refine(({ height, width }) => height === width, { error: "must be square" })
    .transform(({ height }) => ({ size: height, square: true })),
  z
    .strictObject({ shortest_edge: count, longest_edge: z.null().optional(), height: z.null().optional(), width: z.null().optional() })
    .transform(({ shortest_edge: size }) => ({ size, square: false })),
]);

/** Pillow's numbers of the filters that are computed here. */
const filters = { 2: "bilinear", 3: "bicubic" } as const;

const processor = publishedObject({
  read: {
    size: edge.nullish(),
    crop_size: edge.nullish(),
    /** IDEFICS 1. */
    image_size: count.nullish(),
    do_center_crop: z.boolean().nullish(),
    default_to_square: z.boolean().nullish(),
    resample: z.literal([2, 3]).nullish(),
    do_normalize: z.boolean().nullish(),
    image_mean: channels,
    image_std: channels,
  },
  nothing: keys(
    // Pictures always have the colours red, green and blue here, in that order.
    "do_convert_rgb",
    "image_processor_type feature_extractor_type processor_class _processor_class _valid_processor_keys auto_map model_input_names",
    "data_format input_data_format return_tensors device disable_grouping",
  ),
  only: {
    do_resize: [true, null],
    do_rescale: [true, null],
    rescale_factor: [1 / 255, null],
    do_pad: [false, null],
    pad_size: [null],
    crop_pct: [null],
    do_flip_channel_order: [false, null],
    image_num_channels: [3, null],
  },
}).transform((published, context): Partial<PreprocessingConfig> => {
  const {
    do_center_crop: crops,
    default_to_square: squares,
    size,
    crop_size: crop,
    image_size: square,
    resample,
    do_normalize: normalises,
    image_mean: mean,
    image_std: deviation,
  } = published;
  const [resized, kept] = [size?.size ?? square ?? undefined, crops === true ? crop?.size : undefined];
  if (resized !== undefined && kept !== undefined && kept > resized)
    context.addIssue({ code: "custom", path: ["crop_size"], message: `pictures are resized to ${resized}, of which no ${kept} can be kept` });
  if (crops !== true && size?.square === false)
    context.addIssue({ code: "custom", path: ["size"], message: "pictures would not become square, since do_center_crop is not true" });
  if (squares === true && size !== undefined && size !== null && size.square === undefined)
    context.addIssue({
      code: "custom",
      path: ["default_to_square"],
      message: `versions of transformers differ in whether a size that is one number makes a square then; write size as { "height": ${size.size}, "width": ${size.size} } or { "shortest_edge": ${size.size} }`,
    });
  const result = kept ?? resized;
  return {
    ...(result === undefined ? {} : { size: [result, result] }),
    ...(crops == null && size?.square !== true ? {} : { fit: crops === true && size?.square !== true ? "crop" : "squash" }),
    ...(resized === undefined || kept === undefined || kept === resized ? {} : { middle: kept / resized }),
    ...(resample == null ? {} : { interpolation: filters[resample] }),
    ...(normalises === false
      ? { mean: [0, 0, 0] as const, deviation: [1, 1, 1] as const }
      : { ...(mean == null ? {} : { mean }), ...(deviation == null ? {} : { deviation }) }),
  } as Partial<PreprocessingConfig>;
});

/** Version 5 has all parts of a model's processor in one file. The others are the tokenizer's, and settings of theirs. */
const whole = z.object({ image_processor: z.looseObject({}).optional() });

/**
 * What the files in a tower's folder say of its pictures; nothing where there are none.
 * @param folder - ends with a slash
 * @param imageSize - edge of the tower's pictures in pixels; undefined: it takes any
 * @throws CheckpointError when the file is not JSON; ConfigError when it says what is not computed, or is of a tower of another size
 */
export async function publishedPreprocessing(folder: string, imageSize: number | undefined): Promise<Partial<PreprocessingConfig>> {
  const found = await processorFile(folder);
  if (found === undefined) return {};
  const { json, name } = found;
  const preprocessing = parseConfig(processor, json, name);
  const [size = imageSize] = preprocessing.size ?? [];
  if (imageSize !== undefined && size !== imageSize)
    throw new ConfigError(`${name}: pictures become ${size} pixels wide, but the tower beside it takes ${imageSize}; it belongs to another one`);
  return preprocessing;
}

async function processorFile(folder: string): Promise<{ readonly json: unknown; readonly name: string } | undefined> {
  const [alone, name] = processorFiles.map((file) => folder + file) as [string, string];
  if ((await sizeOf(alone)) !== undefined) return { json: await readJsonFile(alone), name: alone };
  if ((await sizeOf(name)) === undefined) return undefined;
  const { image_processor: json } = parseConfig(whole, await readJsonFile(name), name);
  return json === undefined ? undefined : { json, name };
}
