import { describe, expect, test } from "vitest";
import { input, ShapeError } from "../graph/graph.ts";
import { zeros } from "./initialisers.ts";
import { Linear } from "./linear.ts";
import { Scope } from "./scope.ts";

describe("scope", () => {
  test("names parameters by the way to them, in the order of declaration", () => {
    const root = new Scope();
    const blocks = root.child("language").child("blocks");
    blocks.child(1).parameter("scale", [4], zeros);
    new Linear(blocks.child(0).child("query"), { inputs: 4, outputs: 2 });
    expect([...root.parameters().keys()]).toEqual(["language.blocks.1.scale", "language.blocks.0.query.weight", "language.blocks.0.query.bias"]);
    expect([...blocks.child(0).parameters().keys()]).toEqual(["language.blocks.0.query.weight", "language.blocks.0.query.bias"]);
    expect(root.parameters().get("language.blocks.0.query.weight")!.shape).toEqual([2, 4]);
  });

  test("a scope lists what is below it, not what only begins like it", () => {
    const root = new Scope();
    root.child("norm").parameter("scale", [1], zeros);
    root.child("normalised").parameter("scale", [1], zeros);
    expect([...root.child("norm").parameters().keys()]).toEqual(["norm.scale"]);
  });

  test("refuses a path that is taken, a name that is none, and sizes that are none", () => {
    const scope = new Scope().child("head");
    scope.parameter("weight", [2, 2], zeros);
    expect(() => scope.parameter("weight", [2, 2], zeros)).toThrow(/head\.weight is declared twice/);
    expect(() => scope.child("a.b").parameter("weight", [1], zeros)).toThrow(/"a\.b" cannot name a part/);
    expect(() => scope.parameter("bias", [2.5], zeros)).toThrow(/head\.bias cannot have the shape \[2\.5\]/);
    expect(() => scope.parameter("bias", [2, 0], zeros)).toThrow(/head\.bias cannot have the shape \[2, 0\]/);
  });

  test("an error of shapes names the parameter", () => {
    const linear = new Linear(new Scope().child("fusion").child("query"), { inputs: 8, outputs: 4 });
    const wrong = (): unknown => linear.forward(input("text", "float32", ["batch", "tokens", 6]));
    expect(wrong).toThrow(ShapeError);
    expect(wrong).toThrow(/fusion\.query\.weight \[4, 8\].*6 and 8/);
  });
});
