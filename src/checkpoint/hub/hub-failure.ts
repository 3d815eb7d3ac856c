import { CheckpointError } from "../errors.ts";
import { printable } from "./names.ts";

/** What a request is about, for the messages of its failures. */
export interface RequestSubject {
  readonly endpoint: string;
  readonly token?: string;
  readonly repository: string;
  readonly revision: string;
  readonly file?: string;
  /** An index of packages, whose answers are no hub's. */
  readonly isIndex?: true;
}

/** The hub could not be reached or is out of order: what is in the cache may do instead. */
export class HubUnreachableError extends CheckpointError {}

/** Says in plain words why the hub, or who it sent us to, refused a request. */
export function refusal(subject: RequestSubject, response: Response): CheckpointError {
  const { repository, revision, file, token } = subject;
  const code = response.headers.get("x-error-code") ?? "";
  const page = `${subject.endpoint}/${repository}`;
  const what = file === undefined ? repository : `${repository}: ${file}`;
  const said = quoted(response.headers.get("x-error-message"), token);
  const { status } = response;
  const passes = status >= 500 || status === 429 || status === 408;
  if (subject.isIndex === true)
    return new (passes ? HubUnreachableError : CheckpointError)(
      `${what}: ${subject.endpoint} answers ${status}; check what pip is set up to use, then run the same command again`,
    );
  const answering = URL.parse(response.url)?.origin;
  if (answering !== undefined && answering !== new URL(subject.endpoint).origin && status < 500) {
    // Such addresses are good for a while only, so the hub is asked for a new one.
    return new HubUnreachableError(
      `${what}: the storage that ${subject.endpoint} sends to (${answering}) answers ${status} and did so again; run the same command again later`,
    );
  }
  if (code === "GatedRepo" || status === 403) {
    const then = token === undefined ? "set HF_TOKEN to a token of your account" : "check that the token in use belongs to that account and may read the model";
    return new CheckpointError(`${what}: access is refused (${status}); accept the licence on ${page} with your account and ${then}${said}`);
  }
  if (code === "RevisionNotFound") {
    return new CheckpointError(`${repository} has no revision "${revision}"; see the branches and tags on ${page}/tree/main, or leave --revision out`);
  }
  if (code === "EntryNotFound" || (status === 404 && file !== undefined)) {
    return new CheckpointError(`${repository} has no file ${file ?? "list"} at revision ${revision}; see what it has on ${page}/tree/main`);
  }
  if (status === 401 && token !== undefined && code !== "RepoNotFound") {
    return new CheckpointError(
      `${what}: the hub does not accept the token (401); make a new one in the settings of your account and set HF_TOKEN, or unset it for a public model${said}`,
    );
  }
  if (status === 401) {
    return new CheckpointError(
      `${what}: the hub asks who you are (401): the model does not exist under this name, or it is private or gated; accept its licence on ${page} and set HF_TOKEN to a token of your account`,
    );
  }
  if (status === 404) {
    return new CheckpointError(
      `there is no repository ${repository} on ${subject.endpoint}; check the name${token === undefined ? ", or set HF_TOKEN if it is private" : ""}`,
    );
  }
  if (passes) {
    const why = status === 429 ? "asks for fewer requests" : "is out of order";
    return new HubUnreachableError(
      `${what}: ${subject.endpoint} ${why} (${status}) and stayed so; run the same command again later: what was downloaded is kept${said}`,
    );
  }
  return new CheckpointError(`${what}: ${subject.endpoint} answers ${status}${said}; if HF_ENDPOINT is set, check that it is a Hugging Face hub`);
}

/** Says why there was no answer at all, or why it ended early. */
export function interruption({ endpoint, repository, file }: RequestSubject, error: unknown): HubUnreachableError {
  const what = file === undefined ? repository : `${repository}: ${file}`;
  return new HubUnreachableError(
    `${what}: the connection to ${endpoint} failed (${causeOf(error)}) and did so again; check the network, then run the same command: it goes on where it stopped`,
  );
}

/** The innermost reason: fetch itself only says that it failed. */
function causeOf(error: unknown): string {
  let reason: unknown = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return printable(String(reason));
  return printable("code" in reason && typeof reason.code === "string" ? reason.code : reason.message);
}

function quoted(message: string | null, token: string | undefined): string {
  if (message === null || message === "") return "";
  const safe = token === undefined ? message : message.replaceAll(token, "…");
  return `; the hub says: ${printable(safe)}`;
}
