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

describe('the pieces of requests at once do not mix:', () => {
  async function told(middleware: Middleware): Promise<readonly string[]> {
    const run = new Agent({ model: inTurns(), middleware: [middleware] }).run('Go.', { stream: true });
    const pieces: string[] = [];
    run.on('text.delta', ({ attempt, delta }) => pieces.push(`${attempt}:${delta}`));
    run.on('attempt.discarded', ({ attempt }) => pieces.push(`${attempt} discarded`));
    await run.outcome();
    return pieces;
  }

  test('those of the first one are told as they come', async () => {
    expect(await told(choosing(0))).toEqual(['1:a0', '1:b0', '1:c0']);
  });

  test.each([1, 2])('where answer %i is taken, they are discarded, and its text is told whole', async (chosen) => {
    const whole = `${chosen + 1}:a${chosen}b${chosen}c${chosen}`;
    expect(await told(choosing(chosen, 3))).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', whole]);
  });

  test('an answer that middleware has made of both is told whole', async () => {
    const joined: Middleware = {
      async wrapModelCall(request, next) {
        const both = await Promise.all([next(request), next(request)]);
        const content = both.map(({ choices }) => choices[0].message.content).join(' ');
        return { choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] };
      },
    };
    expect(await told(joined)).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', '2:a0b0c0 a1b1c1']);
  });

  test('one after the other, each is told as it comes, and the earlier one is discarded', async () => {
    const twice: Middleware = {
      async wrapModelCall(request, next) {
        await next(request);
        return next(request);
      },
    };
    expect(await told(twice)).toEqual(['1:a0', '1:b0', '1:c0', '1 discarded', '2:a1', '2:b1', '2:c1']);
  });

  test('where the earlier one of two is taken, its text is told again, under its own attempt', async () => {
    const first: Middleware = {
      async wrapModelCall(request, next) {
        const reply = await next(request);
        await next(request);
        return reply;
      },
    };
    const again = ['1 discarded', '2:a1', '2:b1', '2:c1', '2 discarded', '1:a0b0c0'];
    expect(await told(first)).toEqual(['1:a0', '1:b0', '1:c0', ...again]);
  });
});

test('where the first one is given up for another, nothing of it is told after that', async () => {
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

test('a partial output is that of the pieces that are told', async () => {
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
