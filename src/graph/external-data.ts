import { create, toBinary } from "@bufbuild/protobuf";
import { dataTypes } from "./data-types.ts";
import type { OnnxGraph } from "./onnx.ts";
import { GraphProtoSchema, ModelProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from "./onnx-schema/onnx_pb.js";
import type { DType } from "./tensor.ts";

/** Where a parameter's elements lie: in a file, from this byte on. */
export interface ParameterPlace {
  readonly name: string;
  readonly offset: number;
}

const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, bool: 1, float16: 2 };

/**
 * The whole ModelProto.
 * @param places - of each parameter, by path: where its elements lie, or their bytes, little-endian, which become part of the model (it ends at 2 GB). A parameter that has none
 *   is external data whose location is its path
 */
export function withParameters({ bytes, parameters }: OnnxGraph, places: ReadonlyMap<string, ParameterPlace | Uint8Array>): Uint8Array {
  const initializer = parameters.map(({ path, dtype, shape }) => {
    const tensor = { name: path, dims: shape.map(BigInt), dataType: dataTypes[dtype] };
    const place = places.get(path) ?? { name: path, offset: 0 };
    if (place instanceof Uint8Array) return create(TensorProtoSchema, { ...tensor, rawData: place });
    const length = bytesPerElement[dtype] * shape.reduce((a, b) => a * b, 1);
    const entries = { location: place.name, offset: `${place.offset}`, length: `${length}` };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return create(TensorProtoSchema, { ...tensor, dataLocation: TensorProto_DataLocation.EXTERNAL, externalData });
  });
  const added = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: create(GraphProtoSchema, { initializer }) }));
  // Messages of Protocol Buffers that follow one another are read as one: their lists are joined.
  const model = new Uint8Array(bytes.length + added.length);
  model.set(bytes);
  model.set(added, bytes.length);
  return model;
}
