import { Agent, type ChatModel, openai, tool } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../clock/manual-clock.ts';
import { scriptedModel } from '../model/scripted-model.ts';
import { buildCompletion } from '../script/build-completion.ts';
import { respond } from '../script/respond.ts';
import type { ScriptedMessageResponse } from '../script/scripted-response.ts';
import { checkHistory } from '../server/check-history.ts';
import { type OfflineServer, offlineServer } from '../server/offline-server.ts';
import { listActions } from '../server/response-actions.ts';
import { FAILURE_NAMES, HARD_FAILURE_NAMES } from './failures.ts';
import { MODEL_QUIRK_NAMES } from './model-quirks.ts';
import { QUIRK_NAMES } from './quirks.ts';
import { FAULT_NAMES, HARD_FAULT_NAMES, withFaults } from './with-faults.ts';

const servers: OfflineServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const script = [
  respond.calls([
    { name: 'look', arguments: { city: 'Malmö' } },
    { name: 'look', arguments: { city: '東京' } },
  ]),
  respond.text('Seen: both.'),
];

async function looked(model: ChatModel, stream: boolean) {
  const seen: string[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks at a city.',
    input: z.object({ city: z.string() }),
    execute: ({ city }) => seen.push(city),
  });
  const failed: string[] = [];
  const run = new Agent({ model, tools: [look], clock: manualClock() })
    .run('Go.', { stream })
    .on('attempt.failed', ({ error }) => failed.push(error.name));
  return { outcome: await run.outcome(), seen, failed };
}

async function served(faults: Parameters<typeof withFaults>[1]): Promise<ChatModel> {
  const server = await offlineServer({ script: withFaults(script, faults as never) });
  servers.push(server);
  return openai('any', { baseURL: server.baseURL });
}

test.each(
  FAULT_NAMES.flatMap((name) => [
    { name, stream: false },
    { name, stream: true },
  ]),
)('gives the same run from a server with fault $name, streamed $stream', async ({ name, stream }) => {
  const { outcome, seen } = await looked(await served([name, 'none', name]), stream);
  expect([outcome.status, 'text' in outcome && outcome.text, seen]).toEqual([
    'completed',
    'Seen: both.',
    ['Malmö', '東京'],
  ]);
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test('sends other bytes for each quirk than for the others and for none', async () => {
  const responses = [...script, respond.call('look', { city: 'Oslo' })];
  const forms: readonly ChatRequest[] = [
    { messages: [{ role: 'user', content: 'Go.' }] },
    { messages: [{ role: 'user', content: 'Go.' }], stream: true, stream_options: { include_usage: true } },
  ];
  const each = async (ask: (entry: ScriptedMessageResponse, request: ChatRequest) => unknown): Promise<string> =>
    JSON.stringify(await Promise.all(responses.flatMap((entry) => forms.map((request) => ask(entry, request)))));
  const plain = await each((entry, request) => {
    const made = { request, model: 'faulty' };
    if (request.stream !== true) return JSON.stringify(buildCompletion(entry, made));
    return listActions(entry, made).flatMap((act) => (act.type === 'write' ? [act.body] : []));
  });
  const quirks = QUIRK_NAMES.map((name) =>
    each(async (entry, request) => {
      const sent = await withFaults([entry], [name])(request, {});
      return sent.type === 'sse' ? sent.pieces : sent.type === 'body' ? sent.body : sent;
    }),
  );
  expect(new Set([plain, ...(await Promise.all(quirks))]).size).toBe(QUIRK_NAMES.length + 1);
});

test.each([true, false])(
  'keeps a truncated response truncated, together with a quirk of the finish reason, streamed %s',
  async (stream) => {
    for (const [cut, status] of [
      [respond.truncated('Half of'), 'truncated'],
      [respond.filtered('Half of'), 'filtered'],
    ] as const) {
      const server = await offlineServer({ script: withFaults([cut], ['finish-stop']) });
      servers.push(server);
      const outcome = await new Agent({ model: openai('any', { baseURL: server.baseURL }) })
        .run('Go.', { stream })
        .outcome();
      expect(outcome.status).toBe(status);
    }
  },
);

test('rejects an unknown fault at once and lists the known ones', () => {
  expect(() => withFaults(script, ['http-999' as never])).toThrow('Unknown fault "http-999". Pass some of: none,');
  expect(() => withFaults(script, ['toString' as never])).toThrow('Unknown fault "toString"');
  expect(() => withFaults(scriptedModel(script), ['index-zero' as never])).toThrow('Unknown fault "index-zero"');
  expect(() => withFaults(script, { seed: Number.NaN })).toThrow('seed of faults is NaN');
});

test('gives the same run for every seed', async () => {
  for (let seed = 0; seed < 25; seed++) {
    const { outcome, seen } = await looked(await served({ seed }), seed % 2 === 0);
    expect([seed, outcome.status, seen]).toEqual([seed, 'completed', ['Malmö', '東京']]);
  }
});

test.each(FAILURE_NAMES)('rejects once for a model with fault %s, then sends the request again', async (name) => {
  const inner = scriptedModel(script);
  const { outcome, failed } = await looked(withFaults(inner, [name]), true);
  expect([outcome.status, failed.length, inner.requests.length]).toEqual(['completed', 1, 2]);
});

test.each(MODEL_QUIRK_NAMES)('gives the same run from a model with quirk %s', async (name) => {
  const { outcome, seen, failed } = await looked(withFaults(scriptedModel(script), [name, name]), false);
  expect([outcome.status, seen, failed]).toEqual(['completed', ['Malmö', '東京'], []]);
  expect(checkHistory(outcome.messages)).toEqual([]);
});

const FINAL = HARD_FAILURE_NAMES.filter((name) => name !== 'stall');

test.each(FINAL)('ends the run at once for fault %s, and never chooses it by a seed', async (name) => {
  const inner = scriptedModel(script);
  for (const model of [withFaults(inner, [name]), await served([name])]) {
    const { outcome, seen } = await looked(model, false);
    expect([outcome.status, outcome.usage.requests, seen]).toEqual(['failed', 0, []]);
  }
  expect(inner.requests).toEqual([]);
  expect([FAULT_NAMES.includes(name), HARD_FAULT_NAMES.includes(name)]).toEqual([false, true]);
});

test('gives up a stalled stream at its deadline and sends the request again', async () => {
  const clock = manualClock();
  const server = await offlineServer({ script: withFaults([respond.text('Here.')], ['stall']) });
  servers.push(server);
  const begun = Promise.withResolvers<void>();
  const run = new Agent({ model: openai('any', { baseURL: server.baseURL }), clock })
    .run('Go.', { stream: true })
    .on('text.delta', () => begun.resolve());
  await begun.promise;
  await clock.advance(120_000);
  expect(await run.outcome()).toMatchObject({ status: 'completed', text: 'Here.' });
  expect(server.requests).toHaveLength(2);
});

test('chooses the same faults for the same seed', async () => {
  const playFaults = async (seed: number): Promise<readonly unknown[]> => {
    const model = withFaults(
      scriptedModel(() => respond.text('Fine.')),
      { seed },
    );
    return Promise.all(
      Array.from({ length: 12 }, () =>
        model.send({ messages: [] }).then(
          ({ id }) => id,
          (error: Error) => error.message,
        ),
      ),
    );
  };
  expect(await playFaults(3)).toEqual(await playFaults(3));
  expect(await playFaults(3)).not.toEqual(await playFaults(4));
});
