import { setImmediate } from 'node:timers/promises';
import { Agent, type ChatModel } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import type { Middleware } from '@pawl/core/middleware';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** Asks as often at once, and takes the answer of one. */
function choosing(chosen: number, requests = 2): Middleware {
  return {
    async wrapModelCall(request, next) {
      const replies = await Promise.all(Array.from({ length: requests }, () => next(request)));
      return replies[chosen] ?? expect.unreachable();
    },
  };
}

// By hand: a script does not say when each piece comes.
/** Sends its pieces in turns with the other requests, and answers with a text of its own. */
function inTurns(): ChatModel {
  let requests = 0;
  return {
    name: 'turns',
    async send(_, context): Promise<ChatResponse> {
      const number = requests++;
      for (const piece of ['a', 'b', 'c']) {
        await setImmediate();
        await context?.onDelta?.({ type: 'text', delta: `${piece}${number}` });
      }
      const content = `a${number}b${number}c${number}`;
      return { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] };
    },
  };
}

describe('deltas of parallel requests do not mix:', () => {
  async function received(middleware: Middleware): Promise<readonly string[]> {
    const run = new Agent({ model: inTurns(), middleware: [middleware] }).run('Go.', { stream: true });
    const pieces: string[] = [];
    run.on('text.delta', ({ attempt, delta }) => pieces.push(`${attempt}:${delta}`));
    run.on('attempt.discarded', ({ attempt }) => pieces.push(`${attempt} discarded`));
    await run.outcome();
    return pieces;
  }

  test('emits those of the first request as they arrive', async () => {
    expect(await received(choosing(0))).toEqual(['1:a0', '1:b0', '1:c0']);
  });

  test.each([1, 2])('discards them and emits the whole text if answer %i is used', async (chosen) => {
    const whole = `${chosen + 1}:a${chosen}b${chosen}c${chosen}`;
    expect(await received(choosing(chosen, 3))).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', whole]);
  });

  test('emits the whole text of an answer that middleware made of both', async () => {
    const joined: Middleware = {
      async wrapModelCall(request, next) {
        const both = await Promise.all([next(request), next(request)]);
        const content = both.map(({ choices }) => choices[0].message.content).join(' ');
        return { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] };
      },
    };
    expect(await received(joined)).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', '2:a0b0c0 a1b1c1']);
  });

  test('emits sequential requests as they arrive, and discards the earlier one', async () => {
    const twice: Middleware = {
      async wrapModelCall(request, next) {
        await next(request);
        return next(request);
      },
    };
    expect(await received(twice)).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', '2:a1', '2:b1', '2:c1']);
  });

  test('emits the text of the earlier request again, under its own attempt, if it is used', async () => {
    const first: Middleware = {
      async wrapModelCall(request, next) {
        const response = await next(request);
        await next(request);
        return response;
      },
    };
    const again = ['1 discarded', '2:a1', '2:b1', '2:c1', '2 discarded', '1:a0b0c0'];
    expect(await received(first)).toEqual(['1:a0', '1:b0', '1:c0', ...again]);
  });
});

test('emits nothing of a request that was cancelled for another', async () => {
  let requests = 0;
  // By hand: as above.
  const model: ChatModel = {
    name: 'uneven',
    async send(_, context): Promise<ChatResponse> {
      const number = requests++;
      for (let piece = 0; piece < (number === 0 ? 20 : 2); piece++) {
        await setImmediate();
        await context?.onDelta?.({ type: 'text', delta: `${number}` });
      }
      return { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'second' } }] };
    },
  };
  const race: Middleware = { wrapModelCall: (request, next) => Promise.race([next(request), next(request)]) };
  const run = new Agent({ model, middleware: [race] }).run('Go.', { stream: true });
  const pieces: string[] = [];
  run.on('text.delta', ({ attempt, delta }) => pieces.push(`${attempt}:${delta}`));
  run.on('attempt.discarded', ({ attempt }) => pieces.push(`${attempt} discarded`));
  const { usage } = await run;
  for (let turns = 0; turns < 30; turns++) await setImmediate();
  expect(pieces.slice(-2)).toEqual(['1 discarded', '2:second']);
  expect(pieces.slice(0, -2).every((piece) => piece === '1:0')).toBe(true);
  expect(usage).toMatchObject({ requests: 1, estimated: true }); // One answered, one given up.
});

test('derives partial outputs from the emitted deltas', async () => {
  const output = z.object({ city: z.string() });
  let requests = 0;
  // By hand: as above.
  const model: ChatModel = {
    name: 'cities',
    async send(_, context): Promise<ChatResponse> {
      const city = ['Oslo', 'Rome'][requests++];
      for (const delta of ['{"city":', `"${city}`, '"}']) {
        await setImmediate();
        await context?.onDelta?.({ type: 'text', delta });
      }
      const message = { role: 'assistant', content: `{"city":"${city}"}` } as const;
      return { choices: [{ index: 0, finish_reason: 'stop', message }] };
    },
  };
  const run = new Agent({ model, output, middleware: [choosing(1)] }).run('Where?', { stream: true });
  const partials: unknown[] = [];
  run.on('output.partial', ({ partial }) => partials.push(partial));
  expect((await run).output).toEqual({ city: 'Rome' });
  expect(partials).toEqual([{}, { city: 'Oslo' }, { city: 'Oslo' }, { city: 'Rome' }]);
});
