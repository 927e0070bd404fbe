/** Yields the lines of a stream of text without their ends, also a last one without an end. A stream that breaks ends. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let pieces: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true as const, value: undefined }));
      if (done || value === undefined) break;
      const [first = '', ...others] = decoder.decode(value, { stream: true }).split('\n');
      pieces.push(first);
      for (const next of others) {
        yield pieces.join('');
        pieces = [next];
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // It may be broken already.
  }
  const rest = pieces.join('');
  if (rest !== '') yield rest;
}
