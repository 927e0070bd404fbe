import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type OfflineServerOptions, respond, type ScriptedBodyResponse } from '@pawl/testing';

type Script = NonNullable<OfflineServerOptions['script']>;

export interface ServedCase {
  readonly script: Script;
  /** How often the client disconnects before the end of a response, for each run of the case. @defaultValue 0 */
  readonly disconnects?: number;
}

const HELLO = 'Hello, wörld 👋.';
const usage = { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 };
const LONG = 'wörld 👋 '.repeat(33_334).slice(0, 300_000);
const PAYING = respond.calls([
  { name: 'pay', arguments: { to: 'Ada', amount: 20 } },
  { name: 'pay', arguments: { to: 'Bob', amount: 500 } },
]);
const WEATHER = [
  respond.calls([
    { name: 'weather', arguments: { city: 'Oslo' } },
    { name: 'broken' },
    { name: 'weather', arguments: { city: 'Rome', days: 3 } },
  ]),
  respond.text('Clear.'),
];

const LOOKING = [
  respond.call('ask', { prompt: 'Look.' }),
  respond.calls([
    { name: 'look', arguments: { at: 'left' } },
    { name: 'look', arguments: { at: 'right' } },
  ]),
  respond.text('Seen.'),
  respond.text('Both seen.'),
];

/** The script of each case's server, by the case's name. The servers run on Node for every runtime. */
export const scripts: Readonly<Record<string, ServedCase>> = {
  'returns the model’s text as the output': { script: [respond.text(HELLO, { usage })] },
  'serves a run as a stream of Chat Completions, as an approval and as events that continue': {
    script: [respond.call('pay', { amount: 20 }), respond.text('Paid.')],
  },
  'streams text as ordered events with the same output': { script: [respond.text(HELLO, { usage })] },
  'reads a stream that is split at any byte': { script: [respond.sse(createBytes('Grüße 👋'))] },
  'reads a long response, streamed and unstreamed': { script: [respond.text(LONG), respond.text(LONG)] },
  'reads a compressed response': { script: ({ messages }) => compress(String(messages.at(-1)?.content)) },
  'sends a long conversation': {
    script: ({ messages }) => respond.text(String(messages.at(-1)?.content?.length)),
  },
  'applies backpressure for a slow reader without losing events': {
    script: [respond.text('word '.repeat(2_000).trimEnd())],
  },
  'validates an output with a zod 3 schema': { script: [respond.text('{"city":"Rome"}')] },
  'runs thirty conversations in parallel': {
    script: ({ messages }) => respond.text(String(messages.at(-1)?.content)),
  },
  'validates an output, and asks the model to correct an invalid one': {
    script: [respond.text('{"city":"Rome"}'), respond.text('{"city":"Rome","degrees":31}')],
  },
  'throws a ConfigError without sending a request if there is no key': { script: [] },
  'executes the calls of a turn, and returns their results in order': { script: [...WEATHER, ...WEATHER] },
  'reports invalid arguments to the model, which calls again': {
    script: [respond.call('weather', { city: 7 }), respond.call('weather', { city: 'Oslo' }), respond.text('Clear.')],
  },
  'runs an agent as a tool, with its path in the events': {
    script: [
      respond.call('research', { prompt: 'Oslo?' }),
      respond.call('weather', { city: 'Oslo' }),
      respond.text('Clear.'),
      respond.text('It is clear in Oslo.'),
    ],
  },
  'keeps the async context of an instrumentation apart in parallel calls': { script: [...LOOKING, ...LOOKING] },
  'hands a conversation off to another agent': {
    script: [respond.call('transfer_to_billing'), respond.text('It is 7 euros.')],
  },
  'retries when the server is busy': {
    script: [
      respond.httpError(503),
      respond.httpError(429, { headers: { 'retry-after': '0' } }),
      respond.text('Hello.'),
    ],
  },
  'retries when the connection breaks before or during a response': {
    script: [
      respond.reset(),
      respond.reset({ response: respond.text('Hello there.'), afterChunks: 1 }),
      respond.text('Hello.'),
    ],
  },
  'fails without a retry on status 404, with the server’s message': {
    script: [respond.httpError(404, { message: 'No such model.' })],
  },
  // A redirect that is followed comes back to this server, whose script has no second response.
  'does not follow a redirect, so the key stays with its server': {
    script: [respond.httpError(307, { headers: { location: '/v1/chat/completions' } })],
  },
  'falls back to another model': { script: [respond.text('Hello.')] },
  'reports a missing server as a NetworkError': { script: [] },
  'ends with the status truncated if the response is cut off': { script: [respond.truncated('Once upon')] },
  'aborts during a stream, and leaves a valid conversation': {
    script: [respond.stall(respond.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'aborts while waiting for a response': {
    script: [respond.delayed(respond.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'aborts a running tool': { script: [respond.call('slow')] },
  'times out when a stream stalls': {
    script: [respond.stall(respond.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'times out when no response starts': {
    script: [respond.delayed(respond.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'refuses a decompression bomb': {
    // Small enough to be sent at once. Otherwise the client might disconnect before the end on a busy machine.
    script: [respond.body(gzipSync(new Uint8Array(20_000_000)), { headers: { 'content-encoding': 'gzip' } })],
  },
  'times out a slow tool, and continues the run': {
    script: [respond.call('slow'), respond.text('Never mind.')],
  },
  'ends with an answer at the limit on turns': { script: [respond.call('more'), respond.text('So far.')] },
  'suspends for approval, and does not execute a denied call': {
    script: [PAYING, respond.text('Done.')],
  },
  'refuses an approval with the fingerprint of another call': { script: [PAYING] },
  'returns the stored output of a finished run': { script: [respond.text('Hello.')] },
  'continues a conversation over several runs': { script: [respond.text('Hello.'), respond.text('Still here.')] },
};

const ENCODERS: Readonly<Record<string, (text: string) => Uint8Array>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
};

function compress(encoding: string): ScriptedBodyResponse {
  const body = ENCODERS[encoding]?.(JSON.stringify(createCompletion(HELLO))) ?? encoding;
  return respond.body(body, { headers: { 'content-encoding': encoding } });
}

function createCompletion(content: string): object {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices };
}

/** Creates a stream with this text, as writes of one byte each. */
function createBytes(content: string): readonly Uint8Array[] {
  const createChunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const text = `${createChunk({ role: 'assistant', content }, null)}${createChunk({}, 'stop')}data: [DONE]\n\n`;
  return [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
}
