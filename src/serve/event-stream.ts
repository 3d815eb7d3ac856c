import { apiErrorOf } from "./errors.ts";

const encoder = new TextEncoder();
const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
  // @hono/node-server would else wait whether the answer is so short that its length can be told.
  "transfer-encoding": "chunked",
};

/**
 * An answer in server-sent events, the last of which is `[DONE]`. It is written as it is made, whether anybody reads it or not: what is made is small, and whoever stops reading holds up nobody.
 * @param events - objects; what they throw is the last event
 * @param end - called when all is made
 * @param gone - called when the client is
 * @param failed - told what went wrong
 */
export function eventStream(events: AsyncIterable<object>, { end, gone, failed }: { end(): void; gone(): void; failed(error: unknown): void }): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (data: string): void => controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      const pump = async (): Promise<void> => {
        try {
          for await (const event of events) write(JSON.stringify(event));
          write("[DONE]");
          controller.close();
        } catch (error) {
          failed(error);
          try {
            write(JSON.stringify(apiErrorOf(error).body));
            controller.close();
          } catch {
            // The client is gone, and with it the stream.
          }
        } finally {
          end();
        }
      };
      void pump();
    },
    cancel: gone,
  });
  return new Response(body, { headers });
}
