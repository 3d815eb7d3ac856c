import { arrayOf, type HostData, type HostTensor } from "./host-tensor.ts";

const sharedCopies = new WeakMap<HostData, HostData>();

/**
 * The same values in memory that threads share. Made once for an array, for all workers and sessions, and kept as long as that array lives; an array that is
 * in shared memory already is passed on as it is. Where the page is not cross-origin isolated there is no shared memory: then each message carries a copy.
 */
export function sharedCopy(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor;
  if (typeof SharedArrayBuffer === "undefined") return compactTensor(tensor);
  if (data.buffer instanceof SharedArrayBuffer) return tensor;
  let shared = sharedCopies.get(data);
  if (shared === undefined) {
    shared = new arrayOf[dtype](new SharedArrayBuffer(data.byteLength));
    (shared as Uint8Array).set(data as Uint8Array);
    sharedCopies.set(data, shared);
  }
  return { dtype, shape, data: shared };
}

/** A tensor whose array fills its buffer: a message carries whole buffers, also where only a part is seen. */
export function compactTensor(tensor: HostTensor): HostTensor {
  const { dtype, shape, data } = tensor;
  const whole = data.byteLength === data.buffer.byteLength || (typeof SharedArrayBuffer !== "undefined" && data.buffer instanceof SharedArrayBuffer);
  return whole ? tensor : { dtype, shape, data: data.slice() };
}
