import { reply } from '../script/build-reply.ts';
import type { MessageReply, ModelReply, Reply } from '../script/reply.ts';

/** What makes an attempt fail, so that it is made again. */
export type FailureName = `http-${408 | 409 | 429 | 500 | 502 | 503 | 529}` | 'error-body' | BrokenStream;
type BrokenStream = 'reset' | 'reset-midway' | 'cut-off' | 'stream-error';

/** What only a server can do. */
export type WireFailureName = 'no-choices' | 'garbage' | 'empty-body' | OtherError;
type OtherError = 'error-in-a-text' | 'error-in-other-fields' | 'error-with-a-number' | 'error-event';

/** What no other attempt helps with, and a stream that stands still, which takes a deadline's time. Never chosen by a seed. */
export type HardFailureName = `http-${400 | 401 | 403 | 404 | 413 | 422}` | 'quota' | 'context-length' | 'stall';

const PARTLY = { afterChunks: 1 } as const;
const BUSY = 'The model is overloaded.';

const FAILURES: Readonly<Record<FailureName, (whole: MessageReply) => ModelReply>> = {
  'http-408': () => reply.httpError(408),
  'http-409': () => reply.httpError(409),
  'http-429': () => reply.httpError(429, { headers: { 'retry-after': '1' }, message: 'Slow down.' }),
  'http-500': () => reply.httpError(500, { body: '<html>Something went wrong</html>' }),
  'http-502': () => reply.httpError(502, { body: '' }),
  'http-503': () => reply.httpError(503),
  'http-529': () => reply.httpError(529),
  'error-body': () => reply.errorBody({ message: BUSY, code: 503 }),
  reset: () => reply.reset(),
  'reset-midway': (whole) => reply.reset({ reply: whole, ...PARTLY }),
  'cut-off': (whole) => reply.cut(whole, PARTLY),
  'stream-error': (whole) => reply.streamError({ message: BUSY }, { reply: whole, ...PARTLY }),
};

const WIRE_FAILURES: Readonly<Record<WireFailureName, () => Reply>> = {
  'no-choices': () => reply.body({ id: 'none', object: 'chat.completion', created: 0, model: 'none', choices: [] }),
  garbage: () => reply.body('<html>No JSON here.</html>', { headers: { 'content-type': 'text/html' } }),
  'empty-body': () => reply.body(''),
  'error-in-a-text': () => reply.sse([{ error: BUSY }]),
  'error-in-other-fields': () => reply.sse([{ object: 'error', message: BUSY, code: 50301 }]),
  'error-with-a-number': () => reply.errorBody({ message: BUSY, code: 50301, type: null }),
  /** And no `[DONE]` after it. */
  'error-event': () => reply.sse([`event: error\ndata: ${JSON.stringify({ message: BUSY })}\n\n`]),
};

const HARD_FAILURES: Readonly<Record<HardFailureName, (whole: MessageReply) => ModelReply>> = {
  'http-400': () => reply.httpError(400),
  'http-401': () => reply.httpError(401, { code: 'invalid_api_key' }),
  'http-403': () => reply.httpError(403),
  'http-404': () => reply.httpError(404, { code: 'model_not_found' }),
  'http-413': () => reply.httpError(413),
  'http-422': () => reply.httpError(422),
  quota: () => reply.httpError(429, { code: 'insufficient_quota', message: 'You exceeded your current quota.' }),
  'context-length': () => reply.httpError(400, { code: 'context_length_exceeded', param: 'messages' }),
  stall: (whole) => reply.stall(whole, PARTLY),
};

export const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[]; // These are its keys, as below.
export const WIRE_FAILURE_NAMES = Object.keys(WIRE_FAILURES) as readonly WireFailureName[];
export const HARD_FAILURE_NAMES = Object.keys(HARD_FAILURES) as readonly HardFailureName[];

const KNOWN: ReadonlyMap<string, (whole: MessageReply) => ModelReply> = new Map(
  Object.entries({ ...FAILURES, ...HARD_FAILURES }),
);

const KNOWN_ON_THE_WIRE: ReadonlyMap<string, () => Reply> = new Map(Object.entries(WIRE_FAILURES));

/** `undefined` for what is no failure, or one that only a server has. */
export function failure(name: string, whole: MessageReply): ModelReply | undefined {
  return KNOWN.get(name)?.(whole);
}

export function wireFailure(name: string): Reply | undefined {
  return KNOWN_ON_THE_WIRE.get(name)?.();
}
