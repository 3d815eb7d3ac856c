import fastCheck from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../../src/checkpoint/errors.ts";
import { archive, dict, globalName, integer, type Operations, pickle, tensor, text } from "./pickle-writer.ts";
import { fixture, loadAll, open } from "./pytorch-files.ts";

describe("whatever is damaged", () => {
  /** Opens and loads: gives a result of the right form or a CheckpointError, soon. @returns whether it was refused */
  async function survives(bytes: Uint8Array): Promise<boolean> {
    // Not by the clock: other programs may be busy.
    const started = process.cpuUsage();
    let refused = false;
    try {
      await loadAll(await open(bytes));
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      refused = true;
    }
    expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
    return refused;
  }

  test.each(["views", "training", "deflated", "zip64", "protocol-5"])("%s: read or refused, never anything else", async (name) => {
    const whole = fixture(name);
    // Half of the changes in the zip directory at the end and the headers, which the lengths of everything depend on.
    const directory = Buffer.from(whole).indexOf("PK\x01\x02", "latin1");
    const place = fastCheck.oneof(fastCheck.nat(whole.length - 1), fastCheck.integer({ min: directory, max: whole.length - 1 }), fastCheck.nat(80));
    const value = fastCheck.oneof(fastCheck.nat(255), fastCheck.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    const end = fastCheck.oneof({ arbitrary: fastCheck.constant(whole.length), weight: 5 }, { arbitrary: fastCheck.nat(whole.length), weight: 1 });
    const tally = { refused: 0, read: 0 };
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(fastCheck.tuple(place, value), { minLength: 1, maxLength: 5 }), end, async (changes, length) => {
        const file = whole.slice(0, length);
        for (const [at, to] of changes) if (at < length) file[at] = to;
        tally[(await survives(file)) ? "refused" : "read"]++;
      }),
      { numRuns: 400 },
    );
    expect(tally.refused).toBeGreaterThan(50);
    expect(tally.read).toBeGreaterThan(5);
  });

  test("changes within the pickle, from first to last byte", async () => {
    const operations = pickle(
      dict(
        ["a", tensor({ elements: 6, shape: [2, 3], strides: [1, 2] })],
        ["b", dict(["c", tensor({ elements: 6, shape: [3], strides: [0] })], ["n", integer(5)])],
      ),
    );
    const content = { "data/0": new Uint8Array(24) };
    const base = await archive(operations, content);
    const start = Buffer.from(base).indexOf(Buffer.from(operations));
    let refused = 0;
    for (let at = 0; at < operations.length; at++) {
      for (const to of [0, 0x28, 0xff]) {
        const file = base.slice();
        file[start + at] = to;
        if (await survives(file)) refused++;
      }
    }
    expect(refused).toBeGreaterThan(operations.length);
  });

  test("operations in any order", async () => {
    const parts: fastCheck.Arbitrary<Operations> = fastCheck.oneof(
      fastCheck.constantFrom(0x28, 0x4e, 0x5d, 0x7d, 0x29, 0x85, 0x86, 0x87, 0x74, 0x61, 0x65, 0x73, 0x75, 0x52, 0x62, 0x51, 0x93, 0x94).map((code) => [code]),
      fastCheck.nat(3).map((index) => [0x68, index]),
      fastCheck.nat(3).map((index) => [0x71, index]),
      fastCheck.string({ maxLength: 3 }).map(text),
      fastCheck.nat(9).map(integer),
      fastCheck.constantFrom("_rebuild_tensor_v2", "_rebuild_parameter").map((name) => globalName("torch._utils", name)),
      fastCheck.constant(globalName("collections", "OrderedDict")),
      fastCheck.constant(tensor({ elements: 4, shape: [2], strides: [1] })),
    );
    let read = 0;
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.array(parts, { maxLength: 25 }), async (operations) => {
        const bytes = await archive(pickle([0x7d], text("x"), [0x28], ...operations, [0x74, 0x73]), { "data/0": new Uint8Array(16) });
        if (!(await survives(bytes))) read++;
      }),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(5);
  });
});
