import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { Command, Option } from "commander";
import { destination, pino } from "pino";
import { Flamingo } from "../index.ts";
import { mcpServer } from "../serve/mcp.ts";
import { packageVersion } from "../serve/package-version.ts";
import { openService } from "../serve/server.ts";
import { defaultSettings } from "../serve/settings.ts";
import { addDeviceOptions, type DeviceOptions, runtimeOptions, sayDevice } from "./device-options.ts";
import { UsageError } from "./errors.ts";
import { pictureFolders } from "./picture-folders.ts";
import { modelProgress } from "./pull-progress.ts";
import { stoppable } from "./stoppable.ts";

interface McpOptions extends DeviceOptions {
  readonly model: string;
  readonly pictures: readonly string[];
  readonly supportFolder?: string;
}

/** `flamingo mcp`: tools for agents, which start it and speak with it over its standard input and output. */
export const mcpCommand = (): Command =>
  addDeviceOptions(
    new Command("mcp")
      .description("give an agent tools to caption, answer, classify and learn from examples, over standard input and output (Model Context Protocol)")
      .addOption(
        new Option("--model <name>", "an embedded model, a folder with a flamingo.json, or a model of the Hugging Face hub")
          .env("FLAMINGO_MODEL")
          .default("nano"),
      )
      .option(
        "--pictures <folder>",
        "the agent may name pictures in this folder by their paths; may be given again",
        (folder, all: string[]) => [...all, folder],
        [],
      )
      .option("--support-folder <folder>", "keep what was taught in files too, in a folder or in a bucket: s3://bucket/prefix"),
  )
    .addHelpText(
      "after",
      `
As agents are told of it:
  { "mcpServers": { "flamingo": { "command": "npx", "args": ["flamingo-vlm", "mcp", "--pictures", "/home/me/Pictures"] } } }

flamingo serve has the same tools at /mcp, over HTTP.`,
    )
    .action(serveTools);

async function serveTools({ model: name, pictures, supportFolder, ...options }: McpOptions): Promise<void> {
  // It is an agent that starts this; a person would wait before an empty screen.
  if (process.stdin.isTTY) throw new UsageError("flamingo mcp is started by an agent, which speaks with it over its standard input; see flamingo mcp --help");
  const log = pino({ level: "warn", base: null }, destination(2));
  await stoppable(
    async (signal) => {
      const version = await packageVersion();
      const { app, service } = await openService({ ...defaultSettings, ...(supportFolder === undefined ? {} : { supportFolder }) }, log);
      const loading = Flamingo.load(name, { ...runtimeOptions(options), maxPixels: defaultSettings.maxPixels, onProgress: modelProgress(), signal }).then(
        (loaded) => {
          service.model.set(loaded);
          return loaded;
        },
      );
      const pictureUrl = pictureFolders(pictures);
      // A connection is opened at once; who calls a tool waits for the model.
      const connection = serveStdio(() =>
        mcpServer({
          ask: async (path, body, gone) =>
            app.request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: gone }),
          model: async () => (await loading).folder.description.name,
          pictureHelp:
            pictures.length === 0 ? "The picture as a data URL: data:image/png;base64,…" : "A path below the folder that this server was given, or a data URL.",
          pictureUrl,
          version,
        }),
      );
      let model: Flamingo | undefined;
      try {
        model = await loading;
        sayDevice(options, model);
        await ended(signal);
      } finally {
        await service.queue.drained();
        await connection.close();
        await model?.dispose();
      }
    },
    () => "stopped before the model was loaded",
  );
}

/** When the agent is gone, or a signal comes. */
async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted || process.stdin.readableEnded || process.stdin.destroyed) return;
  await new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"]) process.stdin.once(event, () => resolve());
    signal.addEventListener("abort", () => resolve());
  });
}
