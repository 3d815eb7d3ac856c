/** Reads the constants of a TensorFlow Lite model: a FlatBuffer, of whose tables only the few below are needed (schema version 3). */

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: "float32" | "float16" | "other";
  /** The constant's bytes; empty for what is computed. */
  readonly bytes: Uint8Array;
}

export interface TfliteOperator {
  /** Number in the schema's list of built-in operators: 3 is a convolution, 4 a depthwise one, 6 a change of type. */
  readonly code: number;
  readonly inputs: readonly TfliteTensor[];
  readonly outputs: readonly TfliteTensor[];
}

/** Field numbers of the schema's tables, in its order. */
const fields = {
  model: { operatorCodes: 1, subgraphs: 2, buffers: 4 },
  operatorCode: { deprecated: 0, builtin: 3 },
  subgraph: { tensors: 0, operators: 3 },
  tensor: { shape: 0, type: 1, buffer: 2, name: 3 },
  operator: { code: 0, inputs: 1, outputs: 2 },
  buffer: { data: 0 },
} as const;

/** @returns the operators of the first graph, in the order of execution @throws when the bytes are not such a model */
export function readTflite(bytes: Uint8Array): readonly TfliteOperator[] {
  if (new TextDecoder("latin1").decode(bytes.subarray(4, 8)) !== "TFL3")
    throw new Error("not a TensorFlow Lite model: the mark TFL3 is missing; the file is damaged or another one");
  const model = new Table(bytes, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
  const codes = model
    .tables(fields.model.operatorCodes)
    .map((code) => Math.max(code.int8(fields.operatorCode.deprecated), code.int32(fields.operatorCode.builtin)));
  const buffers = model.tables(fields.model.buffers).map((buffer) => buffer.bytes(fields.buffer.data));
  const graph = model.tables(fields.model.subgraphs)[0];
  if (graph === undefined) throw new Error("the TensorFlow Lite model holds no graph; the file is damaged");
  const tensors = graph.tables(fields.subgraph.tensors).map(
    (tensor): TfliteTensor => ({
      name: new TextDecoder().decode(tensor.bytes(fields.tensor.name)),
      shape: tensor.int32s(fields.tensor.shape),
      type: (["float32", "float16"] as const)[tensor.int8(fields.tensor.type)] ?? "other",
      bytes: buffers[tensor.int32(fields.tensor.buffer)] ?? new Uint8Array(),
    }),
  );
  const named = (indices: readonly number[]): TfliteTensor[] => indices.filter((index) => index >= 0).map((index) => tensors[index]!);
  return graph.tables(fields.subgraph.operators).map((operator) => ({
    code: codes[operator.int32(fields.operator.code)]!,
    inputs: named(operator.int32s(fields.operator.inputs)),
    outputs: named(operator.int32s(fields.operator.outputs)),
  }));
}

/** A FlatBuffer table: its first word says how far before it the list of its fields' places lies. */
class Table {
  private readonly bytesOfFile: Uint8Array;
  private readonly view: DataView;
  private readonly at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytesOfFile = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  int8(field: number): number {
    const place = this.place(field);
    return place === undefined ? 0 : this.view.getInt8(place);
  }

  int32(field: number): number {
    const place = this.place(field);
    return place === undefined ? 0 : this.view.getInt32(place, true);
  }

  int32s(field: number): number[] {
    const { start, length } = this.vector(field);
    return Array.from({ length }, (_, i) => this.view.getInt32(start + 4 * i, true));
  }

  bytes(field: number): Uint8Array {
    const { start, length } = this.vector(field);
    return this.bytesOfFile.subarray(start, start + length);
  }

  tables(field: number): Table[] {
    const { start, length } = this.vector(field);
    return Array.from({ length }, (_, i) => new Table(this.bytesOfFile, this.follow(start + 4 * i)));
  }

  private vector(field: number): { start: number; length: number } {
    const place = this.place(field);
    if (place === undefined) return { start: 0, length: 0 };
    const start = this.follow(place);
    return { start: start + 4, length: this.view.getUint32(start, true) };
  }

  private follow(place: number): number {
    return place + this.view.getUint32(place, true);
  }

  private place(field: number): number | undefined {
    const list = this.at - this.view.getInt32(this.at, true);
    const entry = 4 + 2 * field;
    const offset = entry < this.view.getUint16(list, true) ? this.view.getUint16(list + entry, true) : 0;
    return offset === 0 ? undefined : this.at + offset;
  }
}
