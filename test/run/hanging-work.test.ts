import { Agent, openai } from '@pawl/core';
import { manualClock, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';

test('durationMs ends a run whose instructions never resolve', async () => {
  const begun = Promise.withResolvers<void>();
  const instructions = (): Promise<string> => {
    begun.resolve();
    return new Promise(() => undefined);
  };
  const clock = manualClock();
  const agent = new Agent({ model: scriptedModel([respond.text('Hello.')]), instructions, clock });
  const run = agent.run('Go.', { limits: { durationMs: 500 } });
  await begun.promise;
  await clock.advance(500);

  expect(await run.outcome()).toMatchObject({ status: 'limited', limit: 'durationMs', max: 500, durationMs: 500 });
  expect(clock.pending).toBe(0);
});

test('fails the attempt immediately if the server switches protocols', async () => {
  const switching = respond.raw((response) => {
    response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n');
  });
  const server = await offlineServer({ script: [switching] });
  const model = openai('m', { baseURL: server.baseURL });
  const outcome = await new Agent({ model, retry: { maxAttempts: 1 } }).run('Go.').outcome();
  await server.close();

  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'NetworkError', code: 'network.failed' } });
});
