import { KEEP_ALIVE } from './server-sent-events.ts';

/** Streams pieces of text as they come. A client that disconnects ends the pieces. */
export function streamPieces(pieces: AsyncGenerator<string>, headers: Readonly<Record<string, string>>): Response {
  const encoder = new TextEncoder();
  let keepAlive: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      keepAlive = setInterval(() => controller.enqueue(encoder.encode(KEEP_ALIVE)), KEEP_ALIVE_MS);
    },
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done !== true) return controller.enqueue(encoder.encode(value));
      clearInterval(keepAlive);
      controller.close();
    },
    async cancel() {
      clearInterval(keepAlive);
      await pieces.return(undefined);
    },
  });
  return new Response(body, { headers });
}

/** How often a stream without pieces sends a comment. */
const KEEP_ALIVE_MS = 15_000;
