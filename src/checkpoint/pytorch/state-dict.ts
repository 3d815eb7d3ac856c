/** What a pickled checkpoint says, taken apart: its tensors by name, and everything else as plain data. */
import type { Fail } from "../places.ts";
import { PickleDict, PickledStorage, PickledTensor, PickleGlobal, PickleTuple, type PickleValue } from "./pickle-values.ts";
import { quoted } from "./quoted.ts";

export interface StateDict {
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  /** Nested as in the file, without the tensors: dicts are objects, lists and tuples are arrays (null where a tensor was). */
  readonly metadata: Readonly<Record<string, unknown>>;
}

const deepest = 64;

/**
 * @param within - names of nested dicts, joined by dots: only what the last one holds is taken
 * @param budget - how much there may be in all, in visits of values and in characters of names. A pickle may refer to the same value many
 *   times over, so that a short one says something endless
 * @param fail - told what is wrong with the checkpoint
 */
export function stateDictOf(root: PickleValue, within: string | undefined, budget: number, fail: Fail): StateDict {
  const tensors = new Map<string, PickledTensor>();
  let left = budget;
  const spend = (cost: number): void => {
    left -= cost;
    if (left < 0) fail("it repeats the same values again and again, so that a short file would become endless; it is hostile or damaged");
  };
  /** @returns what is left without its tensors; undefined when that is nothing */
  const takeApart = (value: PickleValue, path: string, depth: number): unknown => {
    spend(1);
    if (depth > deepest) fail(`it is nested more than ${deepest} deep at ${quoted(path)}, or contains itself; it is hostile or damaged`);
    if (value instanceof PickledTensor) {
      spend(path.length);
      if (tensors.has(path)) fail(`two of its tensors are named ${quoted(path)}`);
      tensors.set(path, value);
      return undefined;
    }
    const children = childrenOf(value);
    if (children === undefined) return plain(value, path, fail);
    const kept = children.map(([key, child]): [string, unknown] => [key, takeApart(child, path === "" ? key : `${path}.${key}`, depth + 1)]);
    if (kept.length > 0 && kept.every(([, child]) => child === undefined)) return undefined;
    if (value instanceof PickleDict) return Object.fromEntries(kept.filter(([, child]) => child !== undefined));
    return kept.map(([, child]) => child ?? null);
  };
  const chosen = choose(root, within, fail);
  return { metadata: (takeApart(chosen, "", 0) ?? {}) as Record<string, unknown>, tensors };
}

function choose(root: PickleValue, within: string | undefined, fail: Fail): PickleDict {
  if (!(root instanceof PickleDict)) return fail("it holds no dict of named tensors; save a state_dict");
  if (within === undefined) return root;
  let chosen = root;
  for (const key of within.split(".")) {
    const next = chosen.entries.get(key);
    if (!(next instanceof PickleDict)) {
      const there = [...chosen.entries].flatMap(([name, value]) => (value instanceof PickleDict ? [quoted(String(name))] : []));
      return fail(`it has no dict ${quoted(within)}; dicts there: ${there.slice(0, 10).join(", ") || "none"}`);
    }
    chosen = next;
  }
  return chosen;
}

function childrenOf(value: PickleValue): [string, PickleValue][] | undefined {
  if (value instanceof PickleDict) return [...value.entries].map(([key, child]) => [String(key), child]);
  const items = value instanceof PickleTuple ? value.items : value;
  return Array.isArray(items) ? items.map((child: PickleValue, i) => [String(i), child]) : undefined;
}

/** Integers too large to be exact become text, so that metadata can be written as JSON. */
function plain(value: PickleValue, path: string, fail: Fail): unknown {
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickledStorage) return fail(`${quoted(path)} is a storage without a tensor; save the tensor`);
  return typeof value === "bigint" ? value.toString() : value;
}
