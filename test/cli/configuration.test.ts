import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseOverride, readConfiguration, withOverrides } from "../../src/cli/configuration.ts";
import { ConfigError } from "../../src/index.ts";

const config = { train: { steps: 5 }, data: [{ rows: 1 }, { rows: 2, phases: [{ tokens: 8 }] }] };
const changed = (text: string): unknown => withOverrides(config, [parseOverride(text)]);

test("--set reaches into objects and lists, and leaves the rest and the original as they were", () => {
  expect(changed("train.steps=7")).toEqual({ ...config, train: { steps: 7 } });
  expect(changed("data.1.rows=9")).toEqual({ ...config, data: [{ rows: 1 }, { rows: 9, phases: [{ tokens: 8 }] }] });
  expect(changed("data.1.phases.0.tokens=16")).toEqual({ ...config, data: [{ rows: 1 }, { rows: 2, phases: [{ tokens: 16 }] }] });
  expect(changed("name=x")).toEqual({ ...config, name: "x" });
  expect(config.data[1]).toEqual({ rows: 2, phases: [{ tokens: 8 }] });
});

test.each(["data.2.rows=1", "data.rows=1", "data.-1=1"])("--set %s names nothing in the list", (text) => {
  expect(() => changed(text)).toThrow(/names nothing in a list of 2; write a number from 0 to 1 first/);
});

test("a config file may begin with a byte order mark, and says when it is UTF-16", async () => {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-config-"));
  for (const [name, content] of [
    ["config.json", '\ufeff{"name": "x"}\r\n'],
    ["config.ts", '\ufeffexport default { name: "x" };\r\n'],
  ] as const) {
    await writeFile(join(folder, name), content);
    expect(await readConfiguration(join(folder, name))).toEqual({ name: "x" });
  }
  await writeFile(join(folder, "wide.json"), Buffer.from('\ufeff{"name": "x"}', "utf16le"));
  await expect(readConfiguration(join(folder, "wide.json"))).rejects.toThrow(
    new ConfigError(`cannot read the config ${join(folder, "wide.json")}: ${join(folder, "wide.json")} is UTF-16 text; save it as UTF-8`),
  );
  await rm(folder, { recursive: true });
});
