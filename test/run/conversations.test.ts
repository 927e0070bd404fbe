import { Agent, withFallback } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { checkHistory, manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { useServer } from './use-server.ts';
import { weather } from './weather.ts';

const OSLO = { city: 'Oslo' };

describe('a conversation', () => {
  test('continues with the messages of the last run, which the server accepts', async () => {
    const script = [
      respond.call('get_weather', OSLO),
      respond.text('Rain.'),
      respond.call('get_weather', OSLO),
      respond.text('Still.'),
    ];
    await useServer(script, async (model, { requests }) => {
      const agent = new Agent({ model, tools: [weather], clock: manualClock() });
      const first = await agent.run('Umbrella?');
      const second = await agent.run([...first.messages, { role: 'user', content: 'And now?' }]);

      expect(second.messages.slice(0, first.messages.length)).toEqual(first.messages);
      expect(requests.at(-1)?.body.messages).toEqual(second.messages.slice(0, -1));
      expect(second.messages.map(({ role }) => role)).toEqual(ROLES);
      expect(checkHistory(second.messages)).toEqual([]);
      expect([first.turnCount, second.turnCount]).toEqual([2, 2]);
    });
  });

  test('does not change its input messages', async () => {
    const given: readonly Message[] = Object.freeze([Object.freeze({ role: 'user', content: 'Umbrella?' } as const)]);
    const model = scriptedModel([respond.call('get_weather', OSLO), respond.text('Rain.')]);
    await new Agent({ model, tools: [weather], clock: manualClock() }).run(given);

    expect(given).toEqual([{ role: 'user', content: 'Umbrella?' }]);
  });

  test('can branch: two runs continue one transcript independently', async () => {
    const model = scriptedModel(({ messages }) =>
      respond.text(`Heard ${messages.length}: ${messages.at(-1)?.content}`),
    );
    const agent = new Agent({ model, clock: manualClock() });
    const { messages } = await agent.run('Start.');
    const [left, right] = await Promise.all(
      ['Left.', 'Right.'].map((content) => agent.run([...messages, { role: 'user', content }]).outcome()),
    );

    expect(left?.messages.slice(2)).toEqual([
      { role: 'user', content: 'Left.' },
      { role: 'assistant', content: 'Heard 3: Left.' },
    ]);
    expect(right?.messages.slice(2)).toEqual([
      { role: 'user', content: 'Right.' },
      { role: 'assistant', content: 'Heard 3: Right.' },
    ]);
  });
});

const ROLES = ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'tool', 'assistant'];

test('shares only the definition among fifty parallel runs of one agent', async () => {
  const echo = useServer(
    ({ messages }) => {
      const sent = messages.map(({ content }) => content).join(' ');
      const city = /city-\d+/.exec(sent)?.[0] ?? 'nowhere';
      return messages.length === 1 ? respond.call('get_weather', { city }) : respond.text(`In ${city}.`);
    },
    async (model) => {
      const clock = manualClock();
      const agent = new Agent({ model, tools: [weather], clock, limits: { turns: 3, toolCalls: 1 } });
      const runs = Array.from({ length: 50 }, (_, index) =>
        agent.run(`Go to city-${index}.`, { stream: index % 2 === 0 }),
      );
      return Promise.all(runs.map((run) => run.outcome()));
    },
  );
  const outcomes = await echo;

  expect(new Set(outcomes.map(({ runId }) => runId)).size).toBe(50);
  expect(outcomes.map(({ messages }) => messages.map(({ content }) => content))).toEqual(
    outcomes.map((_, index) => [`Go to city-${index}.`, null, `Rain in city-${index}.`, `In city-${index}.`]),
  );
  expect(outcomes.map(({ status, toolCallCount: toolCalls }) => [status, toolCalls])).toEqual(
    outcomes.map(() => ['completed', 1]),
  );
});

describe.each([{ stream: true }, { stream: false }])('with a fallback, stream: $stream', ({ stream }) => {
  test('uses the second model after the last retry of the first, and starts later turns with the first', async () => {
    const failing = [respond.httpError(503), respond.httpError(503), respond.httpError(503)];
    await useServer([...failing, respond.text('First again.')], (first, { requests }) =>
      useServer([respond.call('get_weather', OSLO)], async (second) => {
        const agent = new Agent({ model: withFallback(first, second), tools: [weather], clock: manualClock() });
        const run = agent.run('Umbrella?', { stream });
        const models: string[] = [];
        run.on('attempt.started', ({ turn, attempt, model }) => models.push(`${turn}.${attempt} ${model}`));

        expect((await run).output).toBe('First again.');
        expect(models).toEqual(['1.1 m', '1.2 m', '1.3 m', '1.4 m', '2.1 m']);
        expect(requests.length).toBe(4);
      }),
    );
  });

  test('discards the deltas of the first model before those of the second', async () => {
    const cut = respond.cut(respond.text('I would say'), { afterChunks: 2 });
    await useServer([cut, cut, cut], (first) =>
      useServer([respond.text('Rain.')], async (second) => {
        const agent = new Agent({ model: withFallback(first, second), clock: manualClock(), random: () => 0 });
        const run = agent.run('Umbrella?', { stream });
        let text = '';
        run.on('text.delta', ({ delta }) => {
          text += delta;
        });
        run.on('attempt.discarded', () => {
          text = '';
        });

        expect((await run).output).toBe('Rain.');
        expect(text).toBe('Rain.');
      }),
    );
  });
});
