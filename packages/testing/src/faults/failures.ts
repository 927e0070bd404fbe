import { respond } from '../script/respond.ts';
import type { ScriptedMessageResponse, ScriptedModelResponse, ScriptedResponse } from '../script/scripted-response.ts';

/** Failures that a retry can fix. */
export type FailureName = `http-${408 | 409 | 429 | 500 | 502 | 503 | 529}` | 'error-body' | BrokenStream;
type BrokenStream = 'reset' | 'reset-midway' | 'cut-off' | 'stream-error';

/** Failures that only a server can have. */
export type WireFailureName = 'no-choices' | 'garbage' | 'empty-body' | OtherError;
type OtherError = 'error-in-a-text' | 'error-in-other-fields' | 'error-with-a-number' | 'error-event';

/** Failures that a retry cannot fix, and a stalled stream, which lasts until a deadline. A seed never chooses them. */
export type HardFailureName = `http-${400 | 401 | 403 | 404 | 413 | 422}` | 'quota' | 'context-length' | 'stall';

const PARTLY = { afterChunks: 1 } as const;
const BUSY = 'The model is overloaded.';

const FAILURES: Readonly<Record<FailureName, (whole: ScriptedMessageResponse) => ScriptedModelResponse>> = {
  'http-408': () => respond.httpError(408),
  'http-409': () => respond.httpError(409),
  'http-429': () => respond.httpError(429, { headers: { 'retry-after': '1' }, message: 'Slow down.' }),
  'http-500': () => respond.httpError(500, { body: '<html>Something went wrong</html>' }),
  'http-502': () => respond.httpError(502, { body: '' }),
  'http-503': () => respond.httpError(503),
  'http-529': () => respond.httpError(529),
  'error-body': () => respond.errorBody({ message: BUSY, code: 503 }),
  reset: () => respond.reset(),
  'reset-midway': (whole) => respond.reset({ response: whole, ...PARTLY }),
  'cut-off': (whole) => respond.cut(whole, PARTLY),
  'stream-error': (whole) => respond.streamError({ message: BUSY }, { response: whole, ...PARTLY }),
};

const WIRE_FAILURES: Readonly<Record<WireFailureName, () => ScriptedResponse>> = {
  'no-choices': () => respond.body({ id: 'none', object: 'chat.completion', created: 0, model: 'none', choices: [] }),
  garbage: () => respond.body('<html>No JSON here.</html>', { headers: { 'content-type': 'text/html' } }),
  'empty-body': () => respond.body(''),
  'error-in-a-text': () => respond.sse([{ error: BUSY }]),
  'error-in-other-fields': () => respond.sse([{ object: 'error', message: BUSY, code: 50301 }]),
  'error-with-a-number': () => respond.errorBody({ message: BUSY, code: 50301, type: null }),
  /** Without `[DONE]` after it. */
  'error-event': () => respond.sse([`event: error\ndata: ${JSON.stringify({ message: BUSY })}\n\n`]),
};

const HARD_FAILURES: Readonly<Record<HardFailureName, (whole: ScriptedMessageResponse) => ScriptedModelResponse>> = {
  'http-400': () => respond.httpError(400),
  'http-401': () => respond.httpError(401, { code: 'invalid_api_key' }),
  'http-403': () => respond.httpError(403),
  'http-404': () => respond.httpError(404, { code: 'model_not_found' }),
  'http-413': () => respond.httpError(413),
  'http-422': () => respond.httpError(422),
  quota: () => respond.httpError(429, { code: 'insufficient_quota', message: 'You exceeded your current quota.' }),
  'context-length': () => respond.httpError(400, { code: 'context_length_exceeded', param: 'messages' }),
  stall: (whole) => respond.stall(whole, PARTLY),
};

export const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[]; // These are its keys, as below.
export const WIRE_FAILURE_NAMES = Object.keys(WIRE_FAILURES) as readonly WireFailureName[];
export const HARD_FAILURE_NAMES = Object.keys(HARD_FAILURES) as readonly HardFailureName[];

const KNOWN: ReadonlyMap<string, (whole: ScriptedMessageResponse) => ScriptedModelResponse> = new Map(
  Object.entries({ ...FAILURES, ...HARD_FAILURES }),
);

const KNOWN_ON_THE_WIRE: ReadonlyMap<string, () => ScriptedResponse> = new Map(Object.entries(WIRE_FAILURES));

/** Returns `undefined` if the name is not a failure, or one that only a server can have. */
export function createFailure(name: string, whole: ScriptedMessageResponse): ScriptedModelResponse | undefined {
  return KNOWN.get(name)?.(whole);
}

export function createWireFailure(name: string): ScriptedResponse | undefined {
  return KNOWN_ON_THE_WIRE.get(name)?.();
}
