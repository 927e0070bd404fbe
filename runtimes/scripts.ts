import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type OfflineServerOptions, respond, type ScriptedBodyResponse } from '@pawl/testing';

type Script = NonNullable<OfflineServerOptions['script']>;

export interface ServedCase {
  readonly script: Script;
  /** How often the client went away before it had the whole answer, for each run of the case. @defaultValue 0 */
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

/** What the server of each case answers, by the case's name. It runs on Node, whatever the suite runs on. */
export const scripts: Readonly<Record<string, ServedCase>> = {
  'a run ends with the answer': { script: [respond.text(HELLO, { usage })] },
  'an answer in pieces is the same, and comes as events in order': { script: [respond.text(HELLO, { usage })] },
  'a stream is read whole wherever it is cut into pieces': { script: [respond.sse(createBytes('Grüße 👋'))] },
  'a long answer is read whole, streamed and unstreamed': { script: [respond.text(LONG), respond.text(LONG)] },
  'an answer that comes compressed is read': { script: ({ messages }) => compress(String(messages.at(-1)?.content)) },
  'a long conversation is sent whole': {
    script: ({ messages }) => respond.text(String(messages.at(-1)?.content?.length)),
  },
  'a reader that is slow slows the server down, and misses nothing': {
    script: [respond.text('word '.repeat(2_000).trimEnd())],
  },
  'an output is what a schema of zod 3 says': { script: [respond.text('{"city":"Rome"}')] },
  'thirty runs at once end each with its own answer': {
    script: ({ messages }) => respond.text(String(messages.at(-1)?.content)),
  },
  'an output is what its schema says, and one that does not fit is corrected by the model': {
    script: [respond.text('{"city":"Rome"}'), respond.text('{"city":"Rome","degrees":31}')],
  },
  'a key that nobody gave is told by the first request, of which nothing is sent': { script: [] },
  'the calls of a turn are run, and their results go back in their order': { script: [...WEATHER, ...WEATHER] },
  'arguments that do not fit are told to the model, which calls again': {
    script: [respond.call('weather', { city: 7 }), respond.call('weather', { city: 'Oslo' }), respond.text('Clear.')],
  },
  'an agent is a tool of another, and its events are told with its path': {
    script: [
      respond.call('research', { prompt: 'Oslo?' }),
      respond.call('weather', { city: 'Oslo' }),
      respond.text('Clear.'),
      respond.text('It is clear in Oslo.'),
    ],
  },
  'the conversation goes over to another agent': {
    script: [respond.call('transfer_to_billing'), respond.text('It is 7 euros.')],
  },
  'a server that is busy is asked again': {
    script: [
      respond.httpError(503),
      respond.httpError(429, { headers: { 'retry-after': '0' } }),
      respond.text('Hello.'),
    ],
  },
  'a connection that breaks is made again, before the reply and within it': {
    script: [
      respond.reset(),
      respond.reset({ reply: respond.text('Hello there.'), afterChunks: 1 }),
      respond.text('Hello.'),
    ],
  },
  'what trying again does not help ends the run, with the server’s words': {
    script: [respond.httpError(404, { message: 'No such model.' })],
  },
  // Followed, it would come back to this server, whose script has no second reply.
  'a redirection is not followed, and a key goes nowhere else': {
    script: [respond.httpError(307, { headers: { location: '/v1/chat/completions' } })],
  },
  'another model answers where the first one can not': { script: [respond.text('Hello.')] },
  'a server that is not there is told as that': { script: [] },
  'an answer that was cut is taken for none': { script: [respond.truncated('Once upon')] },
  'an abort within a stream ends the run, and leaves a conversation that can be sent': {
    script: [respond.stall(respond.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'an abort while nothing comes ends the run at once': {
    script: [respond.delayed(respond.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'an abort reaches the tool that is at work': { script: [respond.call('slow')] },
  'a server that falls silent is given up': {
    script: [respond.stall(respond.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'a server that says nothing at all is given up': {
    script: [respond.delayed(respond.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'an answer that grows without end when it is unpacked is given up': {
    // Small enough to be sent at once: a client that goes away later has gone away after the end, however busy the machine is.
    script: [respond.body(gzipSync(new Uint8Array(20_000_000)), { headers: { 'content-encoding': 'gzip' } })],
  },
  'a tool that takes too long is given up, and the run goes on': {
    script: [respond.call('slow'), respond.text('Never mind.')],
  },
  'a limit on turns ends the run with a last word': { script: [respond.call('more'), respond.text('So far.')] },
  'a call that needs approval waits for it, and one that is denied is not run': {
    script: [PAYING, respond.text('Done.')],
  },
  'an answer to another call than the one that was shown is refused': { script: [PAYING] },
  'a run that has ended is read again from its host, and asks nobody': { script: [respond.text('Hello.')] },
  'a conversation goes on over several runs': { script: [respond.text('Hello.'), respond.text('Still here.')] },
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

/** A whole stream with this text, in writes of one byte each. */
function createBytes(content: string): readonly Uint8Array[] {
  const createChunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const text = `${createChunk({ role: 'assistant', content }, null)}${createChunk({}, 'stop')}data: [DONE]\n\n`;
  return [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
}
