import { Agent, openai, tool } from '@pawl/core';
import { manualClock, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  call,
  createCalls,
  createOutcome,
  createResult,
  createText,
  createUserMessage,
  filterEvents,
  play,
} from './play.ts';
import { weather } from './weather.ts';

const LAST = 'This run has reached a limit, so tools are now disabled. Answer with what you have.';
const look = (city = 'Oslo') => respond.call('get_weather', { city });

describe.each([{ stream: true }, { stream: false }])('limits, stream: $stream', (run) => {
  test('D1: the last turn has no tools, and its text ends the run as limited with output', async () => {
    const script = [look(), respond.text('Only so much.')];
    const { outcome, requests } = await play(script, { run, agent: { tools: [weather], limits: { turns: 2 } } });

    const messages = [
      createCalls(call('call_1', 'get_weather', { city: 'Oslo' })),
      createResult('call_1', 'Rain in Oslo.'),
      createUserMessage(LAST),
      createText('Only so much.'),
    ];
    expect(outcome).toEqual({
      status: 'limited',
      limit: 'turns',
      max: 2,
      spent: 1,
      spentBy: [{ agent: 'agent', spent: 2 }],
      output: 'Only so much.',
      text: 'Only so much.',
      ...createOutcome(messages, { turnCount: 2, toolCallCount: 1 }),
    });
    expect(requests.map(({ tool_choice }) => tool_choice)).toEqual([undefined, 'none']);
  });

  test('D1: without a usable text there is no output, and calls in the last turn get results without running', async () => {
    const options = { run, agent: { tools: [weather], limits: { turns: 2 } } };
    const empty = await play([look(), respond.empty()], options);
    expect(empty.outcome).toMatchObject({ status: 'limited', limit: 'turns' });
    expect(empty.outcome).not.toHaveProperty('output');

    const anyway = await play([look(), look('Bergen')], options);
    expect(anyway.outcome).toMatchObject({ status: 'limited', toolCallCount: 1 });
    expect(anyway.outcome.messages.at(-1)).toEqual(createResult('call_2', 'Cancelled: this call was not run.'));
  });

  test('D1: an agent without tools can also complete in its last turn', async () => {
    const { outcome } = await play([respond.text('Done.')], { run, agent: { limits: { turns: 1 } } });
    expect(outcome.status).toBe('completed');
  });

  test('D2: a batch that would exceed the limit on tool calls starts no call', async () => {
    const two = respond.calls([
      { name: 'get_weather', arguments: { city: 'Oslo' } },
      { name: 'get_weather', arguments: { city: 'Bergen' } },
    ]);
    const played = await play([look(), two, respond.text('Half.')], {
      run,
      agent: { tools: [weather], limits: { toolCalls: 2 } },
    });
    expect(played.outcome).toMatchObject({ status: 'limited', limit: 'toolCalls', max: 2, spent: 1, output: 'Half.' });
    expect(filterEvents(played, 'tool.started').length).toBe(1);
    expect(filterEvents(played, 'tool.skipped').map(({ reason, content }) => [reason, content])).toEqual([
      ['limit', 'Not run: 2 calls would exceed the limit of 2 tool calls. 1 are used.'],
      ['limit', 'Not run: 2 calls would exceed the limit of 2 tool calls. 1 are used.'],
    ]);
  });

  test('D2: spent tokens end the run before the next request', async () => {
    const large = { prompt_tokens: 900, completion_tokens: 200, total_tokens: 1_100 };
    const spending = respond.call('get_weather', { city: 'Oslo' }, { usage: large });
    const { outcome, requests } = await play([spending], {
      run,
      agent: { tools: [weather], limits: { tokens: 1_000 } },
    });
    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', max: 1_000, spent: 1_100 });
    expect(outcome).not.toHaveProperty('output');
    expect(requests.length).toBe(1);
  });

  test('D2: the token field is reduced to the rest of the budget, and a response that it cuts is limited, not truncated', async () => {
    const { outcome, requests } = await play([respond.truncated('As far as')], {
      run,
      agent: { limits: { tokens: 60 } },
    });
    const most = requests[0]?.max_tokens;
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(60);
    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', max: 60, output: 'As far as' });
  });

  test('D2: a request whose prompt alone would exceed the limit is not sent', async () => {
    const { outcome, requests } = await play([], {
      run,
      input: 'Word '.repeat(200),
      agent: { limits: { tokens: 100 } },
    });
    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', max: 100, spent: 0, turnCount: 0 });
    expect(requests).toEqual([]);
  });

  test('D2: when another turn like the last one would use up the budget, the next turn is the last', async () => {
    const used = { prompt_tokens: 300, completion_tokens: 50, total_tokens: 350 };
    const script = [respond.call('get_weather', { city: 'Oslo' }, { usage: used }), respond.text('Enough.')];
    const { outcome, requests } = await play(script, { run, agent: { tools: [weather], limits: { tokens: 1_000 } } });
    expect(outcome).toMatchObject({ status: 'limited', limit: 'tokens', spent: 350, output: 'Enough.' });
    expect(requests.map(({ tool_choice }) => tool_choice)).toEqual([undefined, 'none']);
  });

  test('D2: cost is computed from the price, and ends the run when it is spent', async () => {
    const used = { prompt_tokens: 1_000, completion_tokens: 1_000, total_tokens: 2_000 };
    const server = await offlineServer({ script: [respond.call('get_weather', { city: 'Oslo' }, { usage: used })] });
    const model = openai('m', { baseURL: server.baseURL, price: { input: 1, output: 9 } });
    const outcome = await new Agent({ model, tools: [weather], limits: { cost: 0.01 } }).run('Go.', run).outcome();
    expect(outcome).toMatchObject({ status: 'limited', limit: 'cost', max: 0.01, spent: 0.01, usage: { cost: 0.01 } });
    expect(server.requests.length).toBe(1);
    await server.close();
  });

  test('D2: when the time is over, running work is cancelled and the run ends at once', async () => {
    const clock = manualClock();
    const started = Promise.withResolvers<void>();
    const hang = tool({
      name: 'hang',
      description: 'Never ends.',
      input: z.object({}),
      execute: () => {
        started.resolve();
        return new Promise(() => undefined);
      },
    });
    const model = scriptedModel([respond.call('hang')]);
    const running = new Agent({ model, tools: [hang], clock, limits: { durationMs: 5_000 } }).run('Go.', run);
    await started.promise;
    await clock.advance(5_000);
    expect(await running.outcome()).toMatchObject({ status: 'limited', limit: 'durationMs', max: 5_000, spent: 5_000 });
    expect(clock.pending).toBe(0);
  });

  test('D2: usage that a server does not report is estimated and marked as such', async () => {
    const { outcome } = await play([respond.text('A few words.', { usage: null })], { run });
    expect(outcome.usage.estimated).toBe(true);
    expect(outcome.usage.inputTokens).toBeGreaterThan(0);
    expect(outcome.usage.totalTokens).toBe(outcome.usage.inputTokens + outcome.usage.outputTokens);
  });
});
