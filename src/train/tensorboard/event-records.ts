/** Events of a run as TensorBoard's event files hold them: `Event` messages (`tensorboard/compat/proto/event.proto`, `summary.proto`), each a record. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { TrainingEvent } from "../run.ts";
import { type Scalar, scalarsOf } from "../scalars.ts";
import { tfRecord } from "./tf-record.ts";

/** Field numbers. */
const eventFields = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const summaryFields = { value: 1 } as const;
const valueFields = { tag: 1, simpleValue: 2 } as const;
const sessionFields = { status: 1 } as const;
const sessionStarts = 1;

/** What every file begins with. @param seconds - since 1970 */
export function fileVersionRecord(seconds: number): Uint8Array {
  return eventRecord(seconds, 0, (event) => void event.tag(eventFields.fileVersion, WireType.LengthDelimited).string("brain.Event:2"));
}

/**
 * @param seconds - since 1970
 * @returns undefined where an event says nothing that TensorBoard shows
 */
export function recordOf(event: TrainingEvent, seconds: number): Uint8Array | undefined {
  // Steps from here on that another file of the run holds already are those of a run that was killed after its checkpoint: TensorBoard drops them.
  if (event.type === "start") return eventRecord(seconds, event.step + 1, startsSession);
  const scalars = scalarsOf(event);
  return scalars.length === 0 ? undefined : eventRecord(seconds, event.step, (message) => writeSummary(message, scalars));
}

function eventRecord(seconds: number, step: number, write: (event: BinaryWriter) => void): Uint8Array {
  const event = new BinaryWriter().tag(eventFields.wallTime, WireType.Bit64).double(seconds).tag(eventFields.step, WireType.Varint).int64(step);
  write(event);
  return tfRecord(event.finish());
}

function startsSession(event: BinaryWriter): void {
  event.tag(eventFields.sessionLog, WireType.LengthDelimited).fork().tag(sessionFields.status, WireType.Varint).int32(sessionStarts).join();
}

function writeSummary(event: BinaryWriter, scalars: readonly Scalar[]): void {
  const summary = event.tag(eventFields.summary, WireType.LengthDelimited).fork();
  for (const { group, name, value } of scalars) {
    const message = summary.tag(summaryFields.value, WireType.LengthDelimited).fork();
    message.tag(valueFields.tag, WireType.LengthDelimited).string(`${group}/${name}`).tag(valueFields.simpleValue, WireType.Bit32).float(value).join();
  }
  summary.join();
}
