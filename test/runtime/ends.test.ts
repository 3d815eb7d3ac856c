import { describe, expect, it } from "vitest";
import type { ProgramOptions } from "./program.ts";
import { programCall, runProcess } from "./run-program.ts";

// Milliseconds from the start of the program: while the library is loaded, graphs are compiled, and answers computed.
const moments = [50, 150, 300, 450, 600, 900];

describe.each([
  { where: "a thread of its own", worker: true },
  { where: "the program's thread", worker: false },
])("a program that ends while the runtime works in $where", ({ worker }) => {
  it.each<{ how: NonNullable<ProgramOptions["end"]>["how"]; code: number; says: RegExp }>([
    { how: "exit", code: 7, says: /^$/ },
    { how: "throw", code: 1, says: /the program's own failure/ },
    { how: "reject", code: 1, says: /the program's own failure/ },
    { how: "dispose", code: 0, says: /^$/ },
  ])("$how: with the program's own code and words", { timeout: 120_000 }, async ({ how, code, says }) => {
    for (const after of moments) {
      const ended = await runProcess(programCall({ worker, answers: 500, end: { how, after } }));
      expect(ended.stderr, `after ${after} ms`).toMatch(says);
      expect(ended, `after ${after} ms`).toMatchObject({ code, signal: null, stderr: expect.not.stringContaining("terminate called") as string });
    }
  });
});

it("what was asked before the runtime is disposed is answered, what comes later is refused", async () => {
  const { code, stdout } = await runProcess(programCall({ worker: true, answers: 500, end: { how: "dispose", after: 900 } }));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^(?:.+\n)*(?:refused: .*disposed.*\n)?$/);
});
