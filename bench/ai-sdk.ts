// Measures what the adapter for the AI SDK costs: CPU per unstreamed request, and per chunk of a streamed one, in alternating rounds: the provider
// alone, `fromAiSdk()`, an agent with it, and `generateText` and `streamText` of `ai`, all with @ai-sdk/anthropic. A function takes the place
// of the server, so that no network is measured.
// npm run bench -- ai-sdk [REQUESTS]

import { createAnthropic } from '@ai-sdk/anthropic';
import { fromAiSdk } from '@pawl/ai-sdk';
import { Agent } from '@pawl/core';
import { generateText, streamText } from 'ai';
import { findLowerQuartile } from './find-lower-quartile.ts';

/** Long enough for a clock of CPU time that counts in ticks of 10 ms. */
const ROUNDS = 12;
const CHUNKS = 500;

type Way = () => Promise<unknown>;

const BODY = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'It is 4 degrees in Oslo.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 20, output_tokens: 9 },
});
const EVENTS = createEvents();

const anthropic = createAnthropic({ apiKey: 'none', fetch: playServer });
const provider = anthropic('claude-sonnet-4-5');
const model = fromAiSdk(provider);
const agent = new Agent({ model });
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi.' }] }];
const messages = [{ role: 'user' as const, content: 'Hi.' }];
const ignoreDelta = (): undefined => undefined;

const count = Number(process.argv[2] ?? 24_000);
await compareWays(
  { unit: 'request', runs: count, per: 1 },
  {
    'the provider alone': () => Promise.resolve(provider.doGenerate({ prompt })),
    'fromAiSdk().send': () => model.send({ messages }),
    'an agent': async () => agent.run('Hi.'),
    'generateText of ai': () => generateText({ model: provider, prompt: 'Hi.' }),
  },
);
await compareWays(
  { unit: 'chunk', runs: Math.ceil(count / 20), per: CHUNKS },
  {
    'the provider alone': async () => {
      const { stream } = await provider.doStream({ prompt });
      for await (const _ of stream);
    },
    'fromAiSdk().send': () => model.send({ messages, stream: true }, { onDelta: ignoreDelta }),
    'an agent': async () => {
      const run = agent.run('Hi.', { stream: true });
      for await (const _ of run);
      return run;
    },
    'streamText of ai': async () => {
      for await (const _ of streamText({ model: provider, prompt: 'Hi.' }).fullStream);
    },
  },
);

interface Measure {
  readonly unit: string;
  readonly runs: number;
  /** Units in a run. */
  readonly per: number;
}

async function compareWays({ unit, runs, per }: Measure, ways: Readonly<Record<string, Way>>): Promise<void> {
  const all = Object.entries(ways).map(([name, work]) => ({ name, work, times: [] as number[] }));
  const perRound = Math.ceil(runs / ROUNDS);
  for (const { work } of all) await runMany(work, perRound); // Warms up.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { work, times } of round % 2 === 0 ? all : all.toReversed()) {
      const before = process.threadCpuUsage();
      await runMany(work, perRound);
      const { user, system } = process.threadCpuUsage(before);
      times.push((user + system) / perRound / per);
    }
  }
  for (const { name, times } of all) console.log(`${name}: ${findLowerQuartile(times).toFixed(1)} µs of CPU a ${unit}`);
}

async function runMany(work: Way, times: number): Promise<void> {
  for (let index = 0; index < times; index++) await work();
}

async function playServer(_: unknown, init?: { readonly body?: unknown }): Promise<Response> {
  const isStreamed = String(init?.body).includes('"stream":true');
  if (!isStreamed) return new Response(BODY, { headers: { 'content-type': 'application/json' } });
  return new Response(ReadableStream.from(EVENTS), { headers: { 'content-type': 'text/event-stream' } });
}

/** As a connection delivers them: some events at a time. */
function createEvents(): readonly Uint8Array[] {
  const usage = { input_tokens: 20, output_tokens: 1 };
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    usage,
  };
  const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' word' } };
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: CHUNKS }, () => delta),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ];
  const texts = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const encoder = new TextEncoder();
  return Array.from({ length: Math.ceil(texts.length / 10) }, (_, index) =>
    encoder.encode(texts.slice(index * 10, index * 10 + 10).join('')),
  );
}
