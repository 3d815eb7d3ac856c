import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { hasSeaweed, seaweedProgram } from "../../tools/python-clients.ts";

export const hasObjectStorage = hasSeaweed();

/** SeaweedFS with a bucket, `sets`. */
export interface ObjectStorageServer {
  /** How its writer asks for it. */
  readonly environment: Readonly<Record<string, string>>;
  /** How somebody asks who may read the bucket, and no more. */
  readonly reader: Readonly<Record<string, string>>;
  /** A request of the writer, past our own code. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  /** The names of all objects below a prefix of the bucket, in order. */
  readonly names: (prefix: string) => Promise<string[]>;
  stop(): Promise<void>;
}

/** A server of the test's own, on free ports of this machine. */
export async function startObjectStorage(): Promise<ObjectStorageServer> {
  const folder = await mkdtemp(join(tmpdir(), "flamingo-objects-"));
  const [master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, s3, s3Grpc] = await freePorts(8);
  const identity = (name: string, actions: readonly string[]): object => ({
    name,
    credentials: [{ accessKey: name, secretKey: `${name}-secret` }],
    actions,
  });
  const identities = [identity("writer", ["Admin", "Read", "Write", "List"]), identity("reader", ["Read:sets", "List:sets"])];
  await writeFile(join(folder, "s3.json"), JSON.stringify({ identities }));
  const server = spawn(
    seaweedProgram,
    [
      "server",
      `-dir=${folder}`,
      "-ip=127.0.0.1",
      "-ip.bind=127.0.0.1",
      "-filer",
      "-s3",
      `-s3.config=${join(folder, "s3.json")}`,
      `-master.port=${master}`,
      `-master.port.grpc=${masterGrpc}`,
      "-master.telemetry=false",
      "-master.volumeSizeLimitMB=64",
      `-volume.port=${volume}`,
      `-volume.port.grpc=${volumeGrpc}`,
      "-volume.max=8",
      `-filer.port=${filer}`,
      `-filer.port.grpc=${filerGrpc}`,
      `-s3.port=${s3}`,
      `-s3.port.grpc=${s3Grpc}`,
      "-s3.port.iceberg=0",
      "-s3.port.lance=0",
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const output of [server.stdout, server.stderr]) output.on("data", (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4000)));
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const endpoint = `http://127.0.0.1:${s3}`;
  const client = new AwsClient({ service: "s3", region: "us-east-1", accessKeyId: "writer", secretAccessKey: "writer-secret", retries: 0 });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => client.fetch(`${endpoint}/sets${path}`, init);
  // A bucket can be made once all of its parts have found each other, and written to once there are volumes.
  for (const deadline = Date.now() + 60_000; ; ) {
    const made = await ask("", { method: "PUT" }).catch(() => undefined);
    const written = made?.ok === true || made?.status === 409 ? await ask("/begun", { method: "PUT", body: "begun" }).catch(() => undefined) : undefined;
    if (written?.ok === true) break;
    if (Date.now() > deadline || server.exitCode !== null) throw new Error(`SeaweedFS did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const environmentOf = (name: string): Record<string, string> => ({
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: name,
    AWS_SECRET_ACCESS_KEY: `${name}-secret`,
  });
  return {
    environment: environmentOf("writer"),
    reader: environmentOf("reader"),
    ask,
    names: async (prefix) => {
      const listed = await (await ask(`?list-type=2&prefix=${encodeURIComponent(prefix)}`)).text();
      return [...listed.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!).toSorted();
    },
    async stop() {
      server.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that are free now, all of them different. */
async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const probe = createServer();
          probe.once("error", reject);
          probe.listen(0, "127.0.0.1", () => resolve(probe));
        }),
    ),
  );
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
