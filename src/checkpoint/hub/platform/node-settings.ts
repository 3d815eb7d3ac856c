import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { CheckpointError } from "../../errors.ts";

/** What a user has set for all tools that use the Hugging Face hub. */
export interface HubSettings {
  /** The folder of the cache, absolute. */
  readonly cache: string;
  /** Where folders of whole models are made, whose files are links into the cache. */
  readonly models: string;
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string;
  /** No request is made. */
  readonly offline: boolean;
  /** For so long a hub may send nothing. */
  readonly silentSeconds: number;
  /** Snapshots hold files and no symbolic links. */
  readonly copies: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment as Python's huggingface_hub does (`constants.py` and `utils/_auth.py` of 2.4.0). `getHFHubCachePath` of @huggingface/hub expands
 * neither `~` nor variables, and knows nothing of the token or of being offline.
 *
 * @throws CheckpointError when a value cannot be used; it never contains the token
 */
export async function readHubSettings(environment: Environment = process.env): Promise<HubSettings> {
  const home = expanded(environment["HF_HOME"] ?? join(environment["XDG_CACHE_HOME"] ?? join(userHome(environment), ".cache"), "huggingface"), environment);
  const cache = expanded(environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"] ?? join(home, "hub"), environment);
  const token = isOn(environment["HF_HUB_DISABLE_IMPLICIT_TOKEN"])
    ? undefined
    : cleaned(environment["HF_TOKEN"] || environment["HUGGING_FACE_HUB_TOKEN"]) ||
      (await tokenFile(expanded(environment["HF_TOKEN_PATH"] ?? join(home, "token"), environment)));
  // Headers accept nothing else, and the error of a header that is refused would print the token.
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new CheckpointError("the token of the Hugging Face hub (HF_TOKEN, or the file token in HF_HOME) has characters that no token has; set it again");
  }
  const timeout = Number(environment["HF_HUB_DOWNLOAD_TIMEOUT"] || 10);
  if (!Number.isFinite(timeout) || timeout < 0) throw new CheckpointError("HF_HUB_DOWNLOAD_TIMEOUT must be a number of seconds");
  return {
    cache: resolve(cache),
    models: resolve(join(home, "flamingo")),
    endpoint: checkedEndpoint(environment["HF_ENDPOINT"] ?? "https://huggingface.co"),
    ...(token === undefined ? {} : { token }),
    offline: isOn(environment["HF_HUB_OFFLINE"] || environment["TRANSFORMERS_OFFLINE"]),
    silentSeconds: timeout || 10,
    copies: isOn(environment["HF_HUB_DISABLE_SYMLINKS"]),
  };
}

function isOn(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes(value?.toUpperCase() ?? "");
}

function userHome(environment: Environment): string {
  return environment["HOME"] || homedir();
}

function expanded(path: string, environment: Environment): string {
  const fromHome = path === "~" || path.startsWith("~/") ? userHome(environment) + path.slice(1) : path;
  return fromHome.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (part, plain: string | undefined, braced: string | undefined) => environment[plain ?? braced ?? ""] ?? part,
  );
}

function cleaned(token: string | undefined): string | undefined {
  return token?.replace(/[\r\n]/g, "").trim() || undefined;
}

async function tokenFile(path: string): Promise<string | undefined> {
  try {
    return cleaned(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CheckpointError(`the token file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}); correct its permissions or set HF_TOKEN`);
  }
}

function checkedEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new CheckpointError("HF_ENDPOINT must be a plain address, such as https://huggingface.co: no user, password or query");
  }
  return text.replace(/\/+$/, "");
}
