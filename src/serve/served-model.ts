import type { Flamingo } from "../generate/flamingo-model.ts";
import { modelIdentity } from "../generate/support-set-file.ts";
import { ApiError } from "./errors.ts";

/** The model that is served, from the moment that somebody may ask for it: it may be loading for minutes. */
export class ServedModel {
  private flamingo: Flamingo | undefined;
  private known: Promise<string> | undefined;
  /** Seconds since 1970. */
  readonly created = Math.floor(Date.now() / 1000);

  set(flamingo: Flamingo): void {
    this.flamingo = flamingo;
  }

  get isLoaded(): boolean {
    return this.flamingo !== undefined;
  }

  get name(): string {
    return this.loaded().folder.description.name;
  }

  /** @throws ApiError while it is loading */
  loaded(): Flamingo {
    if (this.flamingo === undefined) throw new ApiError(503, "the model is loading; ask again in a moment", { code: "model_loading", retryAfter: 2 });
    return this.flamingo;
  }

  /** What its support sets are told by from those of others. */
  identity(): Promise<string> {
    this.known ??= modelIdentity(this.loaded().folder);
    return this.known;
  }

  /** @throws ApiError when another one is asked for */
  named(model: string): Flamingo {
    const loaded = this.loaded();
    if (model !== this.name)
      throw new ApiError(404, `there is no model ${JSON.stringify(model)} here, only ${this.name}`, { param: "model", code: "model_not_found" });
    return loaded;
  }
}
