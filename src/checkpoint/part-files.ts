/** Where the files of a model of our own form are: in its folder, or, of those that are fetched, where `flamingo pull` puts them. */
import { platform } from "#checkpoint-platform";
import { isEmbedded } from "./embedded-models.ts";
import { CheckpointError } from "./errors.ts";
import { sizeOf } from "./folder-files.ts";
import type { OwnPartDescription } from "./model-description.ts";
import { placeText } from "./referenced-file.ts";

/**
 * @param location - the folder; ends with a slash
 * @throws CheckpointError saying what to do when it is to be fetched and was not
 */
export async function partPath(
  location: string,
  { file, sha256, bytes, from }: Pick<OwnPartDescription, "file" | "sha256" | "bytes" | "from">,
): Promise<string> {
  const beside = location + file;
  if (from === undefined || (await sizeOf(beside)) !== undefined) return beside;
  for (const place of from) if (place.kind === "model") return (await platform.findModel(place.model, {})) + place.file;
  const fetched = await platform.fetchedFile?.({ file, sha256 });
  if (fetched !== undefined && (await sizeOf(fetched)) === bytes) return fetched;
  const size = `${(bytes! / 1e6).toFixed(1)} MB`;
  const advice =
    fetched === undefined ? "put it beside flamingo.json" : `run "flamingo pull ${calledAs(location)}", which fetches it once, or put it there as ${fetched}`;
  throw new CheckpointError(`${location}: its ${file} (${size}, from ${from.map(placeText).join(" or ")}) is not here; ${advice}`);
}

/** What a command takes for the model in this folder. */
function calledAs(location: string): string {
  const name = location.split("/").at(-2)!;
  return isEmbedded(name) && location.endsWith(`/models/${name}/`) ? name : location.slice(0, -1);
}
