/** Where graphs run. `cpu`, `webgpu` and `cuda` exist in Node; `wasm` and `webgpu` in browsers. */
export type Device = "cpu" | "webgpu" | "cuda" | "wasm";
