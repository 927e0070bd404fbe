import { Agent, type ChatModel, openai, tool } from '@pawl/core';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { manualClock } from '../clock/manual-clock.ts';
import { scriptedModel } from '../model/scripted-model.ts';
import { reply } from '../script/build-reply.ts';
import { checkHistory } from '../server/check-history.ts';
import { type OfflineServer, offlineServer } from '../server/offline-server.ts';
import { FAILURE_NAMES } from './failures.ts';
import { FAULT_NAMES, withFaults } from './with-faults.ts';

const servers: OfflineServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const script = [
  reply.calls([
    { name: 'look', arguments: { city: 'Malmö' } },
    { name: 'look', arguments: { city: '東京' } },
  ]),
  reply.text('Seen: both.'),
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
)('a server with fault $name, streamed $stream, is no other server: the run is the same', async ({ name, stream }) => {
  const { outcome, seen } = await looked(await served([name, 'none', name]), stream);
  expect([outcome.status, 'text' in outcome && outcome.text, seen]).toEqual([
    'completed',
    'Seen: both.',
    ['Malmö', '東京'],
  ]);
  expect(checkHistory(outcome.messages)).toEqual([]);
});

test.each([true, false])(
  'a reply that was cut stays cut beside a quirk of the finish reason, streamed %s',
  async (stream) => {
    for (const [cut, status] of [
      [reply.length('Half of'), 'truncated'],
      [reply.contentFilter('Half of'), 'filtered'],
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

test('a name that is no fault is said at once, with those that are', () => {
  expect(() => withFaults(script, ['http-502' as never])).toThrow(
    'There is no fault "http-502" here. There are: none,',
  );
  expect(() => withFaults(script, ['toString' as never])).toThrow('There is no fault "toString"');
  expect(() => withFaults(scriptedModel(script), ['index-zero' as never])).toThrow('There is no fault "index-zero"');
  expect(() => withFaults(script, { seed: Number.NaN })).toThrow('seed of faults is NaN');
});

test('whatever faults a seed brings, the run is the same', async () => {
  for (let seed = 0; seed < 25; seed++) {
    const { outcome, seen } = await looked(await served({ seed }), seed % 2 === 0);
    expect([seed, outcome.status, seen]).toEqual([seed, 'completed', ['Malmö', '東京']]);
  }
});

test.each(FAILURE_NAMES)('a model with fault %s rejects once, and is asked again', async (name) => {
  const inner = scriptedModel(script);
  const { outcome, failed } = await looked(withFaults(inner, [name]), true);
  expect([outcome.status, failed.length, inner.requests.length]).toEqual(['completed', 1, 2]);
});

test('the same seed brings the same faults', async () => {
  const told = async (seed: number): Promise<readonly unknown[]> => {
    const model = withFaults(
      scriptedModel(() => reply.text('Fine.')),
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
  expect(await told(3)).toEqual(await told(3));
  expect(await told(3)).not.toEqual(await told(4));
});
