import { ObjectStorage } from "./object-storage.ts";
import { SupportSetBucket } from "./support-set-bucket.ts";
import type { SupportSetFiles } from "./support-set-files.ts";
import { SupportSetFolder } from "./support-set-folder.ts";

/**
 * @param place - a folder, or `s3://bucket/prefix`
 * @param limit - of all support sets there, in bytes
 * @param identity - of the model: several may share a place, and each sees its own
 * @throws RuntimeError where a bucket is named and the environment does not say how it is asked for
 */
export function supportSetFiles(place: string, limit: number, identity: () => Promise<string>): SupportSetFiles {
  return place.startsWith("s3:") ? new SupportSetBucket(new ObjectStorage(place), limit, identity) : new SupportSetFolder(place, limit, identity);
}
