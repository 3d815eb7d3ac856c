/** Models that come with the package, under `models/`. */
export const embeddedModels: readonly string[] = ["nano"];
