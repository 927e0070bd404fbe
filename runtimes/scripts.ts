import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type BodyReply, type OfflineServerOptions, reply } from '@pawl/testing';

type Script = NonNullable<OfflineServerOptions['script']>;

export interface Served {
  readonly script: Script;
  /** How often the client went away before it had the whole answer, for each run of the case. @defaultValue 0 */
  readonly disconnects?: number;
}

const HELLO = 'Hello, wörld 👋.';
const usage = { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 };
const LONG = 'wörld 👋 '.repeat(33_334).slice(0, 300_000);
const PAYING = reply.calls([
  { name: 'pay', arguments: { to: 'Ada', amount: 20 } },
  { name: 'pay', arguments: { to: 'Bob', amount: 500 } },
]);
const WEATHER = [
  reply.calls([
    { name: 'weather', arguments: { city: 'Oslo' } },
    { name: 'broken' },
    { name: 'weather', arguments: { city: 'Rome', days: 3 } },
  ]),
  reply.text('Clear.'),
];

/** What the server of each case answers, by the case's name. It runs on Node, whatever the suite runs on. */
export const scripts: Readonly<Record<string, Served>> = {
  'a run ends with the answer': { script: [reply.text(HELLO, { usage })] },
  'an answer in pieces is the same, and comes as events in order': { script: [reply.text(HELLO, { usage })] },
  'a stream is read whole wherever it is cut into pieces': { script: [reply.sse(bytesOf('Grüße 👋'))] },
  'a long answer is read whole, streamed and unstreamed': { script: [reply.text(LONG), reply.text(LONG)] },
  'an answer that comes compressed is read': { script: ({ messages }) => compressed(String(messages.at(-1)?.content)) },
  'a long conversation is sent whole': {
    script: ({ messages }) => reply.text(String(messages.at(-1)?.content?.length)),
  },
  'a reader that is slow slows the server down, and misses nothing': {
    script: [reply.text('word '.repeat(2_000).trimEnd())],
  },
  'an output is what a schema of zod 3 says': { script: [reply.text('{"city":"Rome"}')] },
  'thirty runs at once end each with its own answer': {
    script: ({ messages }) => reply.text(String(messages.at(-1)?.content)),
  },
  'an output is what its schema says, and one that does not fit is corrected by the model': {
    script: [reply.text('{"city":"Rome"}'), reply.text('{"city":"Rome","degrees":31}')],
  },
  'a key that nobody gave is told by the first request, of which nothing is sent': { script: [] },
  'the calls of a turn are run, and their results go back in their order': { script: [...WEATHER, ...WEATHER] },
  'arguments that do not fit are told to the model, which calls again': {
    script: [reply.call('weather', { city: 7 }), reply.call('weather', { city: 'Oslo' }), reply.text('Clear.')],
  },
  'an agent is a tool of another, and its events are told with its path': {
    script: [
      reply.call('research', { prompt: 'Oslo?' }),
      reply.call('weather', { city: 'Oslo' }),
      reply.text('Clear.'),
      reply.text('It is clear in Oslo.'),
    ],
  },
  'the conversation goes over to another agent': {
    script: [reply.call('hand_off_to_billing'), reply.text('It is 7 euros.')],
  },
  'a server that is busy is asked again': {
    script: [reply.httpError(503), reply.httpError(429, { headers: { 'retry-after': '0' } }), reply.text('Hello.')],
  },
  'a connection that breaks is made again, before the reply and within it': {
    script: [reply.reset(), reply.reset({ reply: reply.text('Hello there.'), afterChunks: 1 }), reply.text('Hello.')],
  },
  'what trying again does not help ends the run, with the server’s words': {
    script: [reply.httpError(404, { message: 'No such model.' })],
  },
  // Followed, it would come back to this server, whose script has no second reply.
  'a redirection is not followed, and a key goes nowhere else': {
    script: [reply.httpError(307, { headers: { location: '/v1/chat/completions' } })],
  },
  'another model answers where the first one can not': { script: [reply.text('Hello.')] },
  'a server that is not there is told as that': { script: [] },
  'an answer that was cut is taken for none': { script: [reply.length('Once upon')] },
  'an abort within a stream ends the run, and leaves a conversation that can be sent': {
    script: [reply.stall(reply.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'an abort while nothing comes ends the run at once': {
    script: [reply.held(reply.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'an abort reaches the tool that is at work': { script: [reply.call('slow')] },
  'a server that falls silent is given up': {
    script: [reply.stall(reply.text('Once upon a time'), { afterChunks: 1 })],
    disconnects: 1,
  },
  'a server that says nothing at all is given up': {
    script: [reply.held(reply.text('Never.'), { until: new Promise(() => undefined) })],
    disconnects: 1,
  },
  'an answer that grows without end when it is unpacked is given up': {
    // Small enough to be sent at once: a client that goes away later has gone away after the end, however busy the machine is.
    script: [reply.body(gzipSync(new Uint8Array(20_000_000)), { headers: { 'content-encoding': 'gzip' } })],
  },
  'a tool that takes too long is given up, and the run goes on': {
    script: [reply.call('slow'), reply.text('Never mind.')],
  },
  'a limit on turns ends the run with a last word': { script: [reply.call('more'), reply.text('So far.')] },
  'a call that needs approval waits for it, and one that is denied is not run': {
    script: [PAYING, reply.text('Done.')],
  },
  'an answer to another call than the one that was shown is refused': { script: [PAYING] },
  'a run that has ended is read again from its host, and asks nobody': { script: [reply.text('Hello.')] },
  'a conversation goes on over several runs': { script: [reply.text('Hello.'), reply.text('Still here.')] },
};

const ENCODERS: Readonly<Record<string, (text: string) => Uint8Array>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
};

function compressed(encoding: string): BodyReply {
  const body = ENCODERS[encoding]?.(JSON.stringify(completion(HELLO))) ?? encoding;
  return reply.body(body, { headers: { 'content-encoding': encoding } });
}

function completion(content: string): object {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices };
}

/** A whole stream with this text, in writes of one byte each. */
function bytesOf(content: string): readonly Uint8Array[] {
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const text = `${chunk({ role: 'assistant', content }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`;
  return [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
}
