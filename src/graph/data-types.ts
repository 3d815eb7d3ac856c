import type { DType } from "./tensor.ts";

/** ONNX's numbers for the element types, as files and ONNX Runtime have them. In a file of their own, since the runtime's worker starts faster where it does not load what writes graphs. */
export const dataTypes: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 };
