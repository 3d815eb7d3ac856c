import { modelFiles } from "virtual:model-files";
import { storedScores } from "virtual:self-test";
import { type Device, Flamingo, image } from "flamingo-vlm";
import { fetchModel } from "./fetch-model.ts";
import { ModelFileError } from "./model-files.ts";
import { selfTestDifference, tolerance } from "./self-test.ts";

export interface WantedDevice {
  readonly device: "auto" | "wasm" | "webgpu";
  readonly threads?: number;
}

export interface RunningModel {
  readonly model: Flamingo;
  /** What a person should know about how it runs, in sentences. */
  readonly notes: readonly string[];
}

const names: Readonly<Partial<Record<Device, string>>> = { wasm: "WebAssembly", webgpu: "WebGPU" };

/** As people read it: `WebAssembly, 2 threads`. */
export function runsOn({ device, threads }: Pick<Flamingo, "device" | "threads">): string {
  const name = names[device] ?? device;
  return device === "wasm" ? `${name}, ${threads === 1 ? "1 thread" : `${threads} threads`}` : name;
}

/** Loads the model on the graphics card where that computes what it should, else with WebAssembly. @throws Error when it runs nowhere, or does not come */
export async function openModel({ device, threads }: WantedDevice, progress: (done: number, total: number) => void): Promise<RunningModel> {
  const notes: string[] = [];
  const load = async (on: WantedDevice["device"]): Promise<Flamingo> => {
    const { read, kept } = await fetchModel(modelFiles, progress);
    if (!kept && notes.length === 0) notes.push("The browser keeps nothing for this page, so the model is fetched at every visit.");
    return Flamingo.load("nano", { device: on, read, ...(threads === undefined ? {} : { threads }) }).catch((error: Error) => {
      // What the library says beside it is for whoever writes programs.
      throw error.cause instanceof ModelFileError ? error.cause : error;
    });
  };
  const tested = await (device === "wasm" ? load(device) : onGraphicsCard(device, load, notes));
  const model = tested ?? (await load("wasm"));
  if (model.device === "wasm" && model.threads === 1 && threads !== 1)
    notes.push(crossOriginIsolated ? "This machine has one core." : "The server of this page does not isolate it from others, so it has one thread only.");
  if (model.device === "wasm") await warmUp(model);
  return { model, notes };
}

/** Compiles what the first question would wait for, so that it takes what all take. */
async function warmUp(model: Flamingo): Promise<void> {
  const white = image({ width: 1, height: 1, data: Uint8ClampedArray.of(255, 255, 255) });
  await model.generateText([white], { maxTokens: 1 });
}

/** @returns undefined where the graphics card does not do; `notes` get the reason */
async function onGraphicsCard(device: "auto" | "webgpu", load: (on: "auto" | "webgpu") => Promise<Flamingo>, notes: string[]): Promise<Flamingo | undefined> {
  let model: Flamingo | undefined;
  try {
    model = await load(device);
    if (model.device !== "webgpu") return model;
    const difference = await selfTestDifference(model, storedScores);
    if (difference <= tolerance) return model;
    notes.push(`WebGPU computes wrongly here: its scores differ by ${difference.toFixed(2)} from what they should be. WebAssembly is used.`);
  } catch (error) {
    // Without a graphics card nothing is left to try.
    if (model === undefined && device === "auto") throw error;
    notes.push(`WebGPU does not work here, so WebAssembly is used. (${(error as Error).message})`);
  }
  await model?.dispose();
  return undefined;
}
