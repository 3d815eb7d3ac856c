/** The data of server-sent events, one after the other, without the last one of OpenAI's, `[DONE]`. */
export async function* eventData(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop()!;
      for (const event of events) {
        const data = event.replace(/^data: /, "");
        if (data === "[DONE]") return;
        yield data;
      }
    }
  } finally {
    // Whoever stops listening stops the answer.
    await reader.cancel().catch(() => undefined);
  }
}
