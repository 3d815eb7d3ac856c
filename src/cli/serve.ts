import { Command, InvalidArgumentError, Option } from "commander";
import { Flamingo } from "../index.ts";
import { defaultSettings } from "../serve/settings.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { inRange, sharedOption } from "./option-values.ts";
import { modelProgress } from "./pull-progress.ts";
import { serveUntilStopped } from "./serve-until-stopped.ts";

interface ServeOptions extends DeviceOptions {
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string;
  readonly allowHost: readonly string[];
  readonly maxBody: number;
  readonly maxPixels: number;
  readonly maxImages: number;
  readonly allowPictureHosts: readonly string[];
  readonly maxRequests: number;
  readonly timeout: number;
  readonly supportMemory: number;
  readonly supportFolder?: string;
  readonly supportDisk: number;
  readonly allowOrigin: readonly string[];
  readonly logLevel: string;
}

export const defaultPort = 8000;
const megabyte = 1_000_000;
const count = inRange({ whole: true, least: 1 });
const megabytes = inRange({ least: 0, above: true });

/** `example.org,*.example.org` */
function hosts(given: string): string[] {
  const all = given.split(",").map((host) => host.trim().toLowerCase());
  const wrong = all.find((host) => host !== "*" && !/^(\*\.)?[a-z0-9.-]+(:\d+)?$/.test(host));
  if (wrong !== undefined) throw new InvalidArgumentError(`${JSON.stringify(wrong)} is no host; give names such as example.org,*.example.org`);
  return all;
}

/** `flamingo serve`: a model behind the interface that OpenAI's clients speak. */
export const serveCommand = (): Command =>
  addDeviceOptions(
    new Command("serve")
      .description("answer over HTTP, as OpenAI's clients ask")
      .addOption(
        new Option("--model <name>", "an embedded model, a folder with a flamingo.json, or a model of the Hugging Face hub")
          .env("FLAMINGO_MODEL")
          .default("nano"),
      )
      .option("--host <address>", "0.0.0.0 for all networks of this machine", "127.0.0.1")
      .option("--port <number>", "0 for any that is free", inRange({ whole: true, least: 0, most: 65_535 }), defaultPort)
      .addOption(new Option("--api-key <key>", "whoever asks must say it").env("FLAMINGO_API_KEY"))
      .option(
        "--allow-host <name>",
        "where no key is asked for: another name that requests may have for this machine, such as that of a proxy; may be given again",
        (name, all: string[]) => [...all, name],
        [],
      )
      .option("--allow-origin <origin...>", "pages from there may ask in a browser, such as https://example.org", origins, [])
      .option("--max-body <megabytes>", "largest request", megabytes, defaultSettings.maxBody / megabyte)
      .option("--max-pixels <number>", "largest picture", sharedOption("maxPixels"), defaultSettings.maxPixels)
      .option("--max-images <number>", "pictures of a request", count, defaultSettings.maxImages)
      .option(
        "--allow-picture-hosts <hosts>",
        "open addresses of pictures on these hosts: example.org,*.example.org, or * for any; never inside of a network",
        hosts,
        defaultSettings.pictureHosts,
      )
      .option(
        "--max-requests <number>",
        "requests that are there at once, waiting ones included; others are told to come again",
        count,
        defaultSettings.maxRequests,
      )
      .option("--timeout <seconds>", "longest time of a request", inRange({ least: 0, above: true, most: 86_400 }), defaultSettings.timeout / 1000)
      .option("--support-memory <megabytes>", "for support sets in memory", megabytes, defaultSettings.supportMemory / megabyte)
      .option("--support-folder <folder>", "keep support sets in files too, in a folder or in a bucket of S3-compatible storage: s3://bucket/prefix")
      .option("--support-disk <megabytes>", "for support sets in files", megabytes, defaultSettings.supportDisk / megabyte)
      .addOption(new Option("--log-level <level>", "of the log on standard error").choices(["debug", "info", "warn", "error", "silent"]).default("info")),
  )
    .addHelpText(
      "after",
      `
Examples:
  flamingo serve --port 8000
  curl http://127.0.0.1:8000/v1/models
  flamingo serve --model openflamingo/OpenFlamingo-3B-vitl-mpt1b --host 0.0.0.0 --support-folder tasks

SIGTERM and Ctrl-C let it finish the answers that it is making; it then ends with 0.`,
    )
    .action(serve);

/** As a browser says it: without a path, and without a slash at its end. */
function origins(value: string, before: readonly string[]): readonly string[] {
  if (!URL.canParse(value) || new URL(value).origin !== value)
    throw new InvalidArgumentError("It must be an origin, such as https://example.org: no path, and no slash at its end.");
  return [...before, value];
}

async function serve(options: ServeOptions): Promise<void> {
  const { model: name, host, port, allowHost, allowOrigin, allowPictureHosts, maxBody, timeout, supportMemory, supportDisk, logLevel, ...settings } = options;
  await serveUntilStopped(
    {
      ...settings,
      hosts: allowHost,
      allowedOrigins: allowOrigin,
      pictureHosts: allowPictureHosts,
      maxBody: maxBody * megabyte,
      timeout: 1000 * timeout,
      supportMemory: supportMemory * megabyte,
      supportDisk: supportDisk * megabyte,
    },
    { host, port },
    logLevel,
    async (signal) => {
      const model = await Flamingo.load(name, { ...runtimeOptions(options), maxPixels: options.maxPixels, onProgress: modelProgress(), signal });
      sayDevice(options, model);
      return model;
    },
  );
}
