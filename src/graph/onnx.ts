import { create, toBinary } from "@bufbuild/protobuf";
import { dataTypes } from "./data-types.ts";
import { canonicalDim, type Dim, dimTerms, type Shape } from "./dimension.ts";
import { type ConstantAttributes, constantOperator, type InputAttributes, inputOperator, type ParameterAttributes, parameterOperator } from "./leaves.ts";
import type { OnnxAttributes, OnnxEmitter } from "./onnx-emitter.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx-schema/onnx_pb.js";
import { simplify } from "./simplify.ts";
import { type DType, type Tensor, topologicalOrder } from "./tensor.ts";

export interface ValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A graph as ONNX (opset 20), with every weight outside: what `runtime/` runs and what `export` writes. */
export interface OnnxGraph {
  /** ModelProto without its parameters, which `withParameters` adds. */
  readonly bytes: Uint8Array;
  readonly inputs: readonly ValueInfo[];
  readonly parameters: readonly { readonly path: string; readonly dtype: DType; readonly shape: readonly number[] }[];
  readonly outputs: readonly ValueInfo[];
}

export interface OnnxOptions {
  /** Results by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Which parameters are fed at every run, under their path as name (trained ones). The others are external initialisers. Default: none. */
  readonly parameterIsInput?: (path: string) => boolean;
}

const opset = 20n;

/** Writes the graph that computes `outputs`. */
export function toOnnx({ outputs, parameterIsInput = () => false }: OnnxOptions): OnnxGraph {
  const names = Object.keys(outputs);
  const simplified = simplify(Object.values(outputs));
  // Where two outputs are one tensor, the first gives it its name.
  const writer = new OnnxWriter(parameterIsInput, new Map(names.map((name, i) => [simplified[i]!, name] as const).reverse()));
  for (const node of topologicalOrder(simplified)) {
    const attributes = node.attributes;
    if (node.operator === inputOperator) writer.input(node.outputs[0]!, attributes as InputAttributes);
  }
  for (const node of topologicalOrder(simplified)) writer.tensorNode(node);
  names.forEach((name, i) => writer.output(name, simplified[i]!));
  return writer.finish();
}

class OnnxWriter implements OnnxEmitter {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly parameters: OnnxGraph["parameters"][number][] = [];
  private readonly valueNames = new Map<Tensor, string>();
  private readonly constants = new Map<string, string>();
  private readonly dimensionSources = new Map<string, { input: string; axis: number }>();
  private readonly dimensionValues = new Map<string, string>();
  private readonly parameterIsInput: (path: string) => boolean;
  private readonly outputNames: ReadonlyMap<Tensor, string>;
  private fresh = 0;

  constructor(parameterIsInput: (path: string) => boolean, outputNames: ReadonlyMap<Tensor, string>) {
    this.parameterIsInput = parameterIsInput;
    this.outputNames = outputNames;
  }

  input(tensor: Tensor, { name, dtype, shape }: InputAttributes): void {
    if (this.inputs.some((known) => known.name === name)) throw new Error(`two inputs are called "${name}": make the tensor once and use it twice`);
    this.inputs.push({ name, dtype, shape });
    this.valueNames.set(tensor, name);
    shape.forEach((dim, axis) => {
      if (typeof dim === "string" && /^\w+$/.test(dim) && !this.dimensionSources.has(dim)) this.dimensionSources.set(dim, { input: name, axis });
    });
  }

  tensorNode(node: Tensor["node"]): void {
    if (node.operator === inputOperator) return;
    if (node.operator === parameterOperator) {
      this.parameter(node.outputs[0]!, node.attributes as ParameterAttributes);
      return;
    }
    if (node.operator === constantOperator) {
      const { values, shape, dtype } = node.attributes as ConstantAttributes;
      this.valueNames.set(node.outputs[0]!, this.constant(values, shape, dtype));
      return;
    }
    for (const output of node.outputs) this.valueNames.set(output, this.outputNames.get(output) ?? `${node.operator.name}_${this.fresh++}`);
    node.operator.onnx(
      this,
      node,
      node.inputs.map((tensor) => this.nameOf(tensor)),
      node.outputs.map((tensor) => this.nameOf(tensor)),
    );
  }

  private parameter(tensor: Tensor, { path, dtype, shape }: ParameterAttributes): void {
    this.valueNames.set(tensor, path);
    if (this.parameterIsInput(path)) {
      this.inputs.push({ name: path, dtype, shape });
      return;
    }
    this.parameters.push({ path, dtype, shape });
  }

  output(name: string, tensor: Tensor): void {
    // ONNX wants a value of its own for every output, also where it is an input, a weight or another output.
    if (this.nameOf(tensor) !== name) this.node("Identity", [this.nameOf(tensor)], [name]);
    this.outputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
  }

  private nameOf(tensor: Tensor): string {
    const name = this.valueNames.get(tensor);
    if (name === undefined) throw new Error(`the result of ${tensor.node.operator.name} was used before it was written`);
    return name;
  }

  node(operator: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxAttributes = {}, domain = ""): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.nodes.push(
      create(NodeProtoSchema, { opType: operator, name: `${operator}_${this.nodes.length}`, input: [...inputs], output: [...outputs], attribute, domain }),
    );
  }

  value(operator: string, inputs: readonly string[], attributes: OnnxAttributes = {}, domain = ""): string {
    const name = `value_${this.fresh++}`;
    this.node(operator, inputs, [name], attributes, domain);
    return name;
  }

  constant(values: readonly number[], shape: readonly number[], dtype: DType): string {
    const key = `${dtype}[${shape.join()}]:${values.join()}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.constants.size}`;
    this.constants.set(key, name);
    this.initializers.push(create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: dataTypes[dtype], rawData: rawBytes(values, dtype) }));
    return name;
  }

  sizes(shape: Shape): string {
    if (shape.every((dim) => typeof dim === "number")) return this.constant(shape, [shape.length], "int64");
    if (shape.length === 1) return this.dimension(shape[0]!);
    const key = shape.join();
    const known = this.dimensionValues.get(`[${key}]`);
    if (known !== undefined) return known;
    const joined = this.value(
      "Concat",
      shape.map((dim) => this.dimension(dim)),
      { axis: 0 },
    );
    this.dimensionValues.set(`[${key}]`, joined);
    return joined;
  }

  /** One size as int64 [1]. */
  private dimension(dim: Dim): string {
    if (typeof dim === "number") return this.constant([dim], [1], "int64");
    const known = this.dimensionValues.get(dim);
    if (known !== undefined) return known;
    const terms = dimTerms(canonicalDim(dim)).map(({ coefficient, names }) => {
      const factors = names.map((name) => this.namedSize(name));
      if (coefficient !== 1 || factors.length === 0) factors.push(this.constant([coefficient], [1], "int64"));
      return factors.reduce((a, b) => this.value("Mul", [a, b]));
    });
    const total = terms.reduce((a, b) => this.value("Add", [a, b]));
    this.dimensionValues.set(dim, total);
    return total;
  }

  private namedSize(name: string): string {
    const known = this.dimensionValues.get(name);
    if (known !== undefined) return known;
    const source = this.dimensionSources.get(name);
    if (source === undefined) throw new Error(`the size "${name}" cannot be known at run time: no input has it as an axis of its own`);
    const size = this.value("Shape", [source.input], { start: source.axis, end: source.axis + 1 });
    this.dimensionValues.set(name, size);
    return size;
  }

  finish(): OnnxGraph {
    const model = create(ModelProtoSchema, {
      irVersion: 9n,
      producerName: "flamingo-vlm",
      opsetImport: [
        { domain: "", version: opset },
        { domain: "com.microsoft", version: 1n },
      ],
      graph: create(GraphProtoSchema, {
        name: "flamingo",
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs.map(valueInfoProto),
        output: this.outputs.map(valueInfoProto),
      }),
    });
    const { inputs, parameters, outputs } = this;
    return { bytes: toBinary(ModelProtoSchema, model), inputs, parameters, outputs };
  }
}

function attributeProto(name: string, value: OnnxAttributes[string]): AttributeProto {
  const { FLOAT, INT, INTS, STRING } = AttributeProto_AttributeType;
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
  if (typeof value === "string") return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: INTS, ints: value.map(BigInt) });
}

function valueInfoProto({ name, dtype, shape }: ValueInfo): ValueInfoProto {
  const dim = shape.map((size) => ({
    value: typeof size === "number" ? ({ case: "dimValue", value: BigInt(size) } as const) : ({ case: "dimParam", value: size } as const),
  }));
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: { elemType: dataTypes[dtype], shape: { dim } } } } });
}

function rawBytes(values: readonly number[], dtype: DType): Uint8Array {
  const typed = {
    float32: () => Float32Array.from(values),
    int64: () => BigInt64Array.from(values, BigInt),
    int32: () => Int32Array.from(values),
    uint8: () => Uint8Array.from(values),
    int8: () => Int8Array.from(values),
    bool: () => Uint8Array.from(values, (value) => Number(value !== 0)),
    float16: () => {
      throw new Error("constants are float32: cast them to float16");
    },
  }[dtype]();
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}
