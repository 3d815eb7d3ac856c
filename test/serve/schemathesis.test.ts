/** The server does what its OpenAPI description says, whatever it is asked: by schemathesis. `tools/schemathesis.ts` asks more. */
import { expect, it } from "vitest";
import { hasPythonClients } from "../../tools/python-clients.ts";
import { schemathesis } from "../../tools/schemathesis.ts";
import { listenHere } from "./listening.ts";

it.skipIf(!hasPythonClients())("schemathesis finds nothing (node tools/ensure-python-clients.ts installs it)", { timeout: 240_000 }, async () => {
  const { passed, output } = await schemathesis(await listenHere({ timeout: 20_000 }), 5);
  expect(passed, output).toBe(true);
  expect(output).toMatch(/Tested: 14/);
});
