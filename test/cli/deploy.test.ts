/** What can be said of the files in deploy/ without Docker, Kubernetes and Slurm: their commands are those of this version, and what an image and a cluster's script start answers, looks healthy and stops. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const file = (name: string): Promise<string> => readFile(join(repository, "deploy", name), "utf8");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flamingo-deploy-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("every option that they give is one of flamingo serve", () => {
  const { stdout: help } = spawnSync(process.execPath, [join(repository, "bin/flamingo.mjs"), "serve", "--help"], { encoding: "utf8" });
  const known = new Set(help.match(/--[a-z-]+/g));
  return Promise.all(
    ["Dockerfile", "kubernetes.yaml", "slurm.sh"].map(async (name) => {
      const command = (await file(name))
        .split("\n")
        .filter((line) => !line.startsWith("#") && /["[ ]serve[",\s]/.test(line))
        .join("\n");
      const options = command.match(/--[a-z-]+/g) ?? [];
      expect(options.length, name).toBeGreaterThan(1);
      for (const option of options) expect(known, `${name}: ${option}`).toContain(option);
    }),
  );
});

it("ports, paths and names are the same in all of them", async () => {
  const [docker, compose, kubernetes, adapter] = await Promise.all(["Dockerfile", "compose.yaml", "kubernetes.yaml", "prometheus-adapter.yaml"].map(file));
  expect(docker).toMatch(/EXPOSE 8000/);
  expect(docker).toMatch(/127\.0\.0\.1:8000\/healthz/);
  expect(compose).toMatch(/http:\/\/flamingo:8000/);
  expect(kubernetes).toMatch(/containerPort: 8000/);
  for (const each of [docker, compose, kubernetes]) expect(each).toContain("/tasks");
  expect(kubernetes).toContain("{ name: vllm_num_requests_waiting }");
  expect(adapter).toContain("as: vllm_num_requests_waiting");
  expect(await readFile(join(repository, "src/serve/metrics.ts"), "utf8")).toContain('known("num_requests_waiting"');
});

/** Until it says where it answers. */
async function answering(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const bytes of child.stdout!) {
    text += String(bytes);
    if (/answers at/.test(text)) return text;
  }
  throw new Error(`it ended: ${text}`);
}

describe("what starts on a machine", () => {
  it("is healthy by the image's own check, wants the key, shares a folder, and ends by SIGTERM with 0", async () => {
    const docker = await file("Dockerfile");
    const [, check] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(docker)!;
    const [, args] = /^CMD (\[.*\])$/m.exec(docker)!;
    const given = (JSON.parse(args!) as string[]).map((each) => (each === "/tasks" ? join(folder, "tasks") : each));
    const child = spawn(process.execPath, ["--conditions=flamingo-source", join(repository, "src/cli/main.ts"), ...given, "--port", "0"], {
      env: { ...process.env, FLAMINGO_MODEL: "nano", FLAMINGO_API_KEY: "secret" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const url = /answers at (http:\S+)\/v1/.exec(await answering(child))![1]!;
    child.stdout.resume();
    const [program, ...rest] = JSON.parse(check!) as [string, ...string[]];
    expect(program).toBe("node");
    const healthy = (at: string): number | null =>
      spawnSync(
        process.execPath,
        rest.map((each) => each.replace("http://127.0.0.1:8000", at)),
      ).status;
    expect(healthy(url)).toBe(0);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${url}/v1/models`, { headers: { authorization: "Bearer secret" } })).status).toBe(200);
    expect((await fetch(`${url}/readyz`, { headers: { host: "flamingo.cluster.local" } })).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(healthy(url)).toBe(1);
  });

  it.skipIf(process.platform === "win32")("by the script for Slurm answers where it says, and ends when its job does", async () => {
    // srun starts its command on the machine of the job, which is this one.
    await writeFile(join(folder, "srun"), '#!/bin/sh\nexec "$@"\n');
    await chmod(join(folder, "srun"), 0o755);
    const job = { SLURM_JOB_ID: String(10_000 + (process.pid % 5000)), SLURM_CPUS_PER_TASK: "2", SLURM_SUBMIT_DIR: folder };
    const environment = { ...process.env, ...job, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
    const script = join(repository, "deploy/slurm.sh");
    expect(spawnSync("bash", [script], { env: { ...environment, FLAMINGO_API_KEY: "" }, encoding: "utf8" })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("choose a key") as string,
    });
    await writeFile(join(folder, "flamingo"), `#!/bin/sh\nexec "${process.execPath}" "${join(repository, "bin/flamingo.mjs")}" "$@"\n`);
    await chmod(join(folder, "flamingo"), 0o755);
    const text = (await readFile(script, "utf8")).replace("node_modules/.bin/flamingo", join(folder, "flamingo"));
    const child = spawn("bash", ["-c", text], { env: { ...environment, FLAMINGO_API_KEY: "secret" }, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const said = await answering(child);
    child.stdout.resume();
    const port = /^http:\/\/\S+:(\d+)\/v1$/m.exec(said)![1];
    expect((await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: { authorization: "Bearer secret" } })).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});
