import type { WantedDevice } from "./open-model.ts";

/** What an address asks for, such as `?device=wasm&threads=1`: for whoever measures, or has a graphics card that does not do. */
export function wantedDevice(search: string): WantedDevice {
  const asked = new URLSearchParams(search);
  const device = asked.get("device");
  const threads = Number(asked.get("threads"));
  return {
    device: device === "wasm" || device === "webgpu" ? device : "auto",
    ...(Number.isInteger(threads) && threads > 0 ? { threads } : {}),
  };
}
