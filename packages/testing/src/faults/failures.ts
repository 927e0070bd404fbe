import { reply } from '../script/build-reply.ts';
import type { MessageReply, ModelReply, Reply } from '../script/reply.ts';

/** What makes an attempt fail, so that it is made again. */
export type FailureName =
  | 'http-408'
  | 'http-429'
  | 'http-500'
  | 'http-503'
  | 'error-body'
  | 'reset'
  | 'reset-midway'
  | 'cut-off'
  | 'stream-error';

/** What only a server can do. */
export type WireFailureName = 'no-choices' | 'garbage';

const PARTLY = { afterChunks: 1 } as const;

const FAILURES: Readonly<Record<FailureName, (whole: MessageReply) => ModelReply>> = {
  'http-408': () => reply.httpError(408),
  'http-429': () => reply.httpError(429, { headers: { 'retry-after': '1' }, message: 'Slow down.' }),
  'http-500': () => reply.httpError(500, { body: '<html>Something went wrong</html>' }),
  'http-503': () => reply.httpError(503),
  'error-body': () => reply.errorBody({ message: 'The model is overloaded.', code: 503 }),
  reset: () => reply.reset(),
  'reset-midway': (whole) => reply.reset({ reply: whole, ...PARTLY }),
  'cut-off': (whole) => reply.cut(whole, PARTLY),
  'stream-error': (whole) => reply.streamError({ message: 'The model is overloaded.' }, { reply: whole, ...PARTLY }),
};

const WIRE_FAILURES: Readonly<Record<WireFailureName, () => Reply>> = {
  'no-choices': () => reply.body({ id: 'none', object: 'chat.completion', created: 0, model: 'none', choices: [] }),
  garbage: () => reply.body('<html>No JSON here.</html>', { headers: { 'content-type': 'text/html' } }),
};

export const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[]; // These are its keys, as below.
export const WIRE_FAILURE_NAMES = Object.keys(WIRE_FAILURES) as readonly WireFailureName[];

export function failure(name: FailureName, whole: MessageReply): ModelReply {
  return FAILURES[name](whole);
}

export function wireFailure(name: WireFailureName): Reply {
  return WIRE_FAILURES[name]();
}

export function isFailure(name: string): name is FailureName {
  return name in FAILURES;
}

export function isWireFailure(name: string): name is WireFailureName {
  return name in WIRE_FAILURES;
}
