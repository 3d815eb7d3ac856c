import { type HostData, type HostTensor, shared } from "./host-tensor.ts";

const sharedCopies = new WeakMap<HostData, HostData>();

/**
 * The same values in memory that threads share. Made once for an array, for all workers and sessions, and kept as long as that array lives; an array that is
 * in shared memory already is passed on as it is. Where the page is not cross-origin isolated there is no shared memory: then each message carries a copy.
 */
export function sharedCopy(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor;
  if (typeof SharedArrayBuffer === "undefined") return compactTensor(tensor);
  const copy = sharedCopies.get(data) ?? shared(tensor).data;
  if (copy !== data) sharedCopies.set(data, copy);
  return { dtype, shape, data: copy };
}

/** A tensor whose array fills its buffer: a message carries whole buffers, also where only a part is seen. */
export function compactTensor(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor;
  const whole = data.byteLength === data.buffer.byteLength || (typeof SharedArrayBuffer !== "undefined" && data.buffer instanceof SharedArrayBuffer);
  return whole ? tensor : { dtype, shape, data: data.slice() };
}
