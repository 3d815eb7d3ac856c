/** Shows progress on standard error: one line that changes on a terminal, else a line at once and then now and then. */
export function progressLine(): (text: string, last: boolean) => void {
  let shown = Number.NEGATIVE_INFINITY;
  return (text, last) => {
    const now = performance.now();
    if (!last && now - shown < (process.stderr.isTTY ? 100 : 10_000)) return;
    shown = now;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}${last ? "\n" : ""}` : `${text}\n`);
  };
}
