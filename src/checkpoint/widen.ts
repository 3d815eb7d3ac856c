import { isPerBlock } from "../nn/scope.ts";
import type { HostTensor } from "../runtime/runtime.ts";
import { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from "./half.ts";
import type { StoredTensor } from "./stored-tensor.ts";

/** 16-bit floating point numbers as float32, which is what is computed with; everything else as it is. */
export function widened({ dtype, shape, data }: StoredTensor): HostTensor {
  if (dtype === "float16") return { dtype: "float32", shape, data: float16ToFloat32(data as Uint16Array) };
  if (dtype === "bfloat16") return { dtype: "float32", shape, data: bfloat16ToFloat32(data as Uint16Array) };
  return { dtype, shape, data };
}

/** A weight of our own form as graphs read it: scales and minimums of blocks as they are, all else widened. */
export function asRead(path: string, { dtype, shape, data }: StoredTensor): HostTensor {
  return dtype === "float16" && isPerBlock(path) ? { dtype, shape, data } : widened({ dtype, shape, data });
}

/** float32 as float16, half the size on disk; everything else as it is. */
export function narrowed({ dtype, shape, data }: StoredTensor): StoredTensor {
  return dtype === "float32" ? { dtype: "float16", shape, data: float32ToFloat16(data as Float32Array) } : { dtype, shape, data };
}
