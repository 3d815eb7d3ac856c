import { AwsClient } from "aws4fetch";
import { messageOf, RuntimeError } from "../runtime/errors.ts";

/** An object's name below the prefix, and what the storage knows of it. */
export interface StoredObject {
  readonly name: string;
  readonly bytes: number;
  /** When it was written, in milliseconds since 1970. */
  readonly written: number;
}

interface ObjectRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Below the prefix; empty: the bucket itself. */
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** What it is for, as an error says it: `read objects`. */
  readonly purpose: string;
}

/** What the storage says, read to its end. */
interface ObjectAnswer extends Pick<Response, "status" | "headers"> {
  readonly bytes: Uint8Array;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Attempts at a request that fails for reasons that may pass. */
const attempts = 4;
/** Before the second attempt, in milliseconds; every further one waits twice as long. */
const firstWait = 100;
/** Of an attempt, in milliseconds. */
const patience = 60_000;
const passing: readonly number[] = [408, 429, 500, 502, 503, 504];

/**
 * What lies under one prefix of a bucket, in storage that speaks Amazon S3's interface. Who asks, and whom, is said by the AWS tools' own environment variables: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
 * An object is written by one request whose signature holds the hash of its bytes, so it is there whole or not at all. What fails, fails with a RuntimeError.
 */
export class ObjectStorage {
  /** As it was given: `s3://bucket/prefix`. */
  readonly address: string;
  private readonly bucket: string;
  /** Empty, or with a slash at its end. */
  private readonly prefix: string;
  private readonly endpoint: string;
  private readonly keyId: string;
  private readonly client: AwsClient;

  /** @throws RuntimeError where the address or the environment does not say enough */
  constructor(address: string, environment: Variables = process.env) {
    const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*?))?\/?$/.exec(address) ?? [];
    if (bucket === undefined) throw new RuntimeError(`${address} is no place in a bucket; give one such as s3://bucket/prefix`);
    const given = (name: string): string | undefined => environment[name] || undefined;
    const [accessKeyId, secretAccessKey, sessionToken] = [given("AWS_ACCESS_KEY_ID"), given("AWS_SECRET_ACCESS_KEY"), given("AWS_SESSION_TOKEN")];
    if (accessKeyId === undefined || secretAccessKey === undefined)
      throw new RuntimeError(
        `${address}: there is no key to ask for it with; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to one that may list, read, write and delete objects there`,
      );
    const region = given("AWS_REGION") ?? given("AWS_DEFAULT_REGION") ?? "us-east-1";
    const endpoint = given("AWS_ENDPOINT_URL_S3") ?? given("AWS_ENDPOINT_URL") ?? `https://s3.${region}.amazonaws.com`;
    if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint))
      throw new RuntimeError(`AWS_ENDPOINT_URL is ${endpoint}; it must be an address such as https://storage.example.org`);
    this.address = address;
    this.bucket = bucket;
    this.prefix = prefix === undefined || prefix === "" ? "" : `${prefix}/`;
    this.endpoint = endpoint.replace(/\/+$/, "");
    this.keyId = accessKeyId;
    this.client = new AwsClient({ service: "s3", region, accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) });
  }

  /** All objects right below the prefix. @param signal - for those who will not wait: it is asked once */
  async list(signal?: AbortSignal): Promise<StoredObject[]> {
    const objects: StoredObject[] = [];
    for (let token: string | undefined; ; ) {
      const query = { "list-type": "2", prefix: this.prefix, delimiter: "/", ...(token === undefined ? {} : { "continuation-token": token }) };
      const page = textOf(await this.request({ method: "GET", name: "", query, purpose: "list objects" }, signal));
      for (const [, entry] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const [key, size, modified] = [fieldOf(entry!, "Key"), fieldOf(entry!, "Size"), fieldOf(entry!, "LastModified")];
        objects.push({ name: key!.slice(this.prefix.length), bytes: Number(size), written: Date.parse(modified!) });
      }
      token = fieldOf(page, "NextContinuationToken");
      if (token === undefined || token === "") return objects;
    }
  }

  /** @param range - of bytes, the last one included; undefined: all @returns undefined where it is not there */
  async read(name: string, range?: readonly [first: number, last: number]): Promise<{ readonly bytes: Uint8Array; readonly created: number } | undefined> {
    const headers = range === undefined ? {} : { range: `bytes=${range.join("-")}` };
    const answer = await this.request({ method: "GET", name, headers, purpose: "read objects" });
    return answer.status === 404 ? undefined : { bytes: answer.bytes, created: createdOf(answer) };
  }

  async has(name: string): Promise<boolean> {
    return (await this.request({ method: "HEAD", name, purpose: "read objects" })).status !== 404;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes as BufferSource)).toString("hex");
    const headers = { "content-type": "application/octet-stream", "x-amz-content-sha256": hash, [createdHeader]: String(Date.now()) };
    await this.request({ method: "PUT", name, headers, body: bytes, purpose: "write objects" });
  }

  /** Writes it anew as it is, without sending it: the time when it was written is now. */
  async renew(name: string): Promise<void> {
    const now = await this.request({ method: "HEAD", name, purpose: "read objects" });
    if (now.status === 404) return;
    const copied = {
      "x-amz-copy-source": `/${this.bucket}/${escaped(this.prefix + name)}`,
      "x-amz-metadata-directive": "REPLACE",
      "content-type": "application/octet-stream",
      [createdHeader]: String(createdOf(now)),
    };
    await this.request({ method: "PUT", name, headers: copied, purpose: "write objects" });
  }

  async remove(name: string): Promise<void> {
    await this.request({ method: "DELETE", name, purpose: "delete objects" });
  }

  /** @returns a good answer, or one of status 404 where there is no such object */
  private async request(asked: ObjectRequest, signal?: AbortSignal): Promise<ObjectAnswer> {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === attempts || signal !== undefined;
      const answer = await this.attempt(asked, signal ?? AbortSignal.timeout(patience)).catch((error: unknown) => {
        if (isLast) throw this.unreachable(error);
      });
      if (answer !== undefined) {
        const { status } = answer;
        if (status < 300 || (status === 404 && (asked.method === "HEAD" || fieldOf(textOf(answer), "Code") === "NoSuchKey"))) return answer;
        if (isLast || !passing.includes(status)) throw this.refusal(answer, asked);
      }
      await new Promise((resolve) => setTimeout(resolve, firstWait * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)));
    }
  }

  private async attempt({ method, name, query = {}, headers = {}, body }: ObjectRequest, signal: AbortSignal): Promise<ObjectAnswer> {
    const path = name === "" ? "" : `/${escaped(this.prefix + name)}`;
    const search = Object.keys(query).length === 0 ? "" : `?${new URLSearchParams(query)}`;
    const url = `${this.endpoint}/${this.bucket}${path}${search}`;
    const signed = await this.client.sign(url, { method, headers, ...(body === undefined ? {} : { body: body as BodyInit }) });
    const response = await fetch(signed, { redirect: "manual", signal });
    // Read here, so that an answer that breaks off is asked for again.
    return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
  }

  private unreachable(error: unknown): RuntimeError {
    const { cause } = error as Error;
    const reason = (error as Error).name === "TimeoutError" ? "nothing came in time" : messageOf(cause ?? error);
    return new RuntimeError(`${this.address}: ${this.endpoint} cannot be reached (${reason}); check AWS_ENDPOINT_URL, and whether the storage runs`, {
      cause: error,
    });
  }

  private refusal(answer: ObjectAnswer, { purpose }: ObjectRequest): RuntimeError {
    const body = textOf(answer);
    const code = fieldOf(body, "Code") ?? `status ${answer.status}`;
    const said = `${this.address}: ${this.endpoint}`;
    if (code === "NoSuchBucket") return new RuntimeError(`${said} has no bucket ${this.bucket}; make it, or check its name and AWS_ENDPOINT_URL`);
    if (["SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken"].includes(code))
      return new RuntimeError(`${said} does not take the key ${this.keyId} (${code}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN`);
    if (answer.status === 403)
      return new RuntimeError(`${said} does not let the key ${this.keyId} ${purpose} (${code}); give it that right, or use another key`);
    if (answer.status < 400 || code === "AuthorizationHeaderMalformed")
      return new RuntimeError(`${said} does not have the bucket ${this.bucket} in this region (${code}); check AWS_REGION`);
    const message = fieldOf(body, "Message");
    return new RuntimeError(`${said} failed to ${purpose} (${code}${message === undefined ? "" : `: ${message}`}); its log may say why`);
  }
}

/** S3 knows when an object was written last, and no other time. */
const createdHeader = "x-amz-meta-created";

function createdOf({ headers }: ObjectAnswer): number {
  return Number(headers.get(createdHeader)) || Date.parse(headers.get("last-modified") ?? "") || Date.now();
}

const escaped = (key: string): string => key.split("/").map(encodeURIComponent).join("/");

const textOf = ({ bytes }: ObjectAnswer): string => new TextDecoder().decode(bytes);

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What the first element of this name holds, which is text. */
function fieldOf(xml: string, name: string): string | undefined {
  const held = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return held?.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity]!);
}
