import { type FilePlace, type ModelFile, ModelFileError } from "./model-files.ts";

/** Before each further attempt, in milliseconds. One that got further counts as the first. */
const pauses = [500, 1500, 4000];

/** Fills a place with the rest of a file, going on where a connection broke. @param progress - told whenever more has come @throws ModelFileError that says why the server does not give it */
export async function download(file: ModelFile, place: FilePlace, progress: () => void): Promise<void> {
  for (let failed = 0; place.size() < file.bytes; ) {
    const before = place.size();
    try {
      await fetchRest(file, place, progress);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // What a browser says of a connection that broke.
      failed = place.size() > before ? 0 : failed + 1;
      const pause = pauses[failed];
      if (pause === undefined) throw new ModelFileError(`the model's ${file.file} does not come: ${error.message}. Is this machine connected?`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

async function fetchRest({ file, address, bytes }: ModelFile, place: FilePlace, progress: () => void): Promise<void> {
  const from = place.size();
  // It is kept here: a second copy in the browser's cache is of no use.
  const response = await fetch(address, { cache: "no-store", headers: from === 0 ? {} : { range: `bytes=${from}-` } });
  // A server that knows no ranges gives all of it.
  if (response.status === 200 || response.status === 416) place.clear();
  if (response.status === 416) throw new TypeError("the server has less of it than is here");
  if (!response.ok || response.body === null) throw new ModelFileError(`the model's ${file} does not come: the server answered ${response.status}`);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (place.size() + value.length > bytes) {
      await reader.cancel();
      place.clear();
      throw new ModelFileError(`the model's ${file} is not the file that this page was made with: it is larger. Load the page again`);
    }
    place.append(value);
    progress();
  }
  if (place.size() < bytes) throw new TypeError("the connection broke before its end");
}
