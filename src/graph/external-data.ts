import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataLocation } from "./onnx-schema/onnx_pb.js";

/** Where a parameter's elements lie: in a file, from this byte on. */
export interface ParameterPlace {
  readonly name: string;
  readonly offset: number;
}

/**
 * The same model with some parameters in files and the others in the model itself.
 * @param model - ModelProto, as `toOnnx` writes it
 * @param parameters - of every path where its elements lie, or their bytes, little-endian; a model ends at 2 GB
 */
export function placeParameters(model: Uint8Array, parameters: ReadonlyMap<string, ParameterPlace | Uint8Array>): Uint8Array {
  const read = fromBinary(ModelProtoSchema, model);
  for (const initializer of read.graph!.initializer) {
    const place = parameters.get(initializer.name);
    if (place === undefined) continue;
    if (place instanceof Uint8Array) {
      initializer.externalData = [];
      initializer.dataLocation = TensorProto_DataLocation.DEFAULT;
      initializer.rawData = place;
      continue;
    }
    for (const entry of initializer.externalData) {
      if (entry.key === "location") entry.value = place.name;
      if (entry.key === "offset") entry.value = `${place.offset}`;
    }
  }
  return toBinary(ModelProtoSchema, read);
}
