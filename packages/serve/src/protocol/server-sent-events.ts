/** Formats a server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html. `data` must be one line, as JSON is. */
export function formatServerSentEvent({ id, event, data }: { id?: string; event?: string; data: string }): string {
  return `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`;
}

/** A comment keeps a connection open that proxies would end. Every client skips it. */
export const KEEP_ALIVE = ': keep-alive\n\n';

/** The headers of every event stream. The last one stops nginx from buffering it. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};
