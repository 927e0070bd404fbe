import { Agent, memoryHost, type Outcome, type RunEvent, tool } from '@pawl/core';
import { requireApproval } from '@pawl/core/middleware';
import { expect, test } from 'vitest';
import { z } from 'zod';
import './vitest.ts';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import { runSerializer } from './run-serializer.ts';

const city = (name: string) =>
  tool({
    name,
    description: `Does ${name}.`,
    input: z.object({ city: z.string() }),
    effect: 'read',
    execute: () => name,
  });

const asks = (name: string, of: string) => ({ name, arguments: { city: of } });

async function travelled(): Promise<{ readonly outcome: Outcome; readonly events: readonly RunEvent[] }> {
  const model = scriptedModel([
    respond.calls([asks('look', 'Oslo')]),
    respond.calls([asks('fly', 'Rome'), asks('look', 'Rome')]),
    respond.text('There.'),
  ]);
  const events: RunEvent[] = [];
  const run = new Agent({ model, tools: [city('look'), city('fly')] })
    .run('Go.')
    .on('*', (event) => events.push(event));
  return { outcome: await run.outcome(), events };
}

/** Calls the serializer like vitest. */
function printed(value: unknown): string {
  expect(runSerializer.test(value)).toBe(true);
  return runSerializer.print(value, (clean) => JSON.stringify(clean));
}

/** The message of a failed assertion. */
function readFailure(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('It held.');
}

test('toHaveCalledTool compares names and arguments, from an outcome, messages or events', async () => {
  const { outcome, events } = await travelled();
  for (const received of [outcome, outcome.messages, events]) {
    expect(received).toHaveCalledTool('fly');
    expect(received).toHaveCalledTool('look', { city: 'Rome' });
    expect(received).toHaveCalledTool('look', { city: expect.stringMatching(/^O/) });
    expect(received).not.toHaveCalledTool('pay');
    expect(received).not.toHaveCalledTool('fly', { city: 'Oslo' });
    expect(received).toHaveToolSequence(['look', ['look', 'fly']]);
  }
  expect(readFailure(() => expect(outcome).toHaveCalledTool('pay'))).toContain('Called were: look, fly, look');
  expect(readFailure(() => expect(outcome).toHaveCalledTool('fly', { city: 'Bonn' }))).toContain('Rome');
});

test.each([
  [['look', 'fly', 'look'], true],
  [['look', ['fly', 'look']], true],
  [[['look'], 'fly', 'look'], true],
  [['look', 'look', 'fly'], false],
  [['look', 'fly'], false],
  [['look', ['fly', 'look'], 'look'], false],
  [[['look', 'fly'], 'look'], false],
  [[], false],
])('toHaveToolSequence finds %j in %j', async (sequence, holds) => {
  const { outcome } = await travelled();
  if (holds) expect(outcome).toHaveToolSequence(sequence);
  else expect(readFailure(() => expect(outcome).toHaveToolSequence(sequence))).toContain('in this sequence');
});

test('toHaveOutcome compares the status, or the named fields', async () => {
  const { outcome } = await travelled();
  expect(outcome).toHaveOutcome('completed');
  expect(outcome).toHaveOutcome({ status: 'completed', text: expect.stringContaining('There'), turnCount: 3 });
  expect(outcome).not.toHaveOutcome({ turnCount: 2 });
  const failing = new Agent({ model: scriptedModel([respond.httpError(400, { message: 'No such model.' })]) });
  const failed = await failing.run('Go.').outcome();
  expect(readFailure(() => expect(failed).toHaveOutcome('completed'))).toContain('No such model.');
});

test('toStayWithin compares the usage with the allowance', async () => {
  const { outcome } = await travelled();
  expect(outcome).toStayWithin({ turns: 3, toolCalls: 3, tokens: 10_000, ms: 60_000, cost: 1 });
  const message = readFailure(() => expect(outcome).toStayWithin({ turns: 2, tokens: 1 }));
  expect(message).toMatch(/turns: 3 of 2, tokens: \d+ of 1/);
});

test('toBeValidHistory passes if each call has a result', async () => {
  const { outcome } = await travelled();
  expect(outcome).toBeValidHistory();
  expect(outcome.messages.slice(0, 2)).not.toBeValidHistory();
  expect(readFailure(() => expect(outcome.messages.slice(0, 2)).toBeValidHistory())).toContain('messages[');
});

test.each([undefined, null, 'text', 7, {}, [1]])('throws for %j, which is not a run, also with .not', (value) => {
  expect(() => expect(value).toHaveCalledTool('look')).toThrow(TypeError);
  expect(() => expect(value).not.toHaveCalledTool('look')).toThrow(TypeError);
  expect(() => expect(value).not.toHaveOutcome('completed')).toThrow(TypeError);
});

test('reads the outcome of an error that a run rejects with', async () => {
  const run = new Agent({ model: scriptedModel([respond.truncated('Half of')]) }).run('Go.');
  await expect(run).rejects.toHaveOutcome('truncated');
  await expect(run).rejects.toHaveOutcome({ text: 'Half of' });
  await expect(run).rejects.toStayWithin({ turns: 1 });
  await expect(run).rejects.not.toHaveCalledTool('look');
  await expect(run).rejects.toBeValidHistory();
});

test('joins the events of a run and of its resumption, and reads the final history', async () => {
  const events: RunEvent[] = [];
  const host = memoryHost();
  const model = scriptedModel([respond.calls([asks('look', 'Oslo')]), respond.text('Seen.')]);
  const agent = new Agent({ model, tools: requireApproval([city('look')]) });
  const outcome = await agent
    .run('Go.', { host, runId: 'run' })
    .on('*', (event) => events.push(event))
    .outcome();
  if (outcome.status !== 'suspended') throw new Error(`It ended ${outcome.status}.`);
  for (const { id, fingerprint } of outcome.pending) await host.answer('run', id, { type: 'approve', fingerprint });
  await agent
    .resume('run', { host })
    .on('*', (event) => events.push(event))
    .outcome();
  expect(events.filter(({ type }) => type === 'model.responded')).toHaveLength(3);
  expect(events).toHaveToolSequence(['look']);
  expect(events).toBeValidHistory();
  expect(() => expect(events.slice(0, 2)).toBeValidHistory()).toThrow(TypeError);
});

test("prints the user's own values in a snapshot, without ids that a server chose", async () => {
  const ended = async (id: string): Promise<Outcome<unknown>> => {
    const output = z.object({ id: z.string(), at: z.string(), stack: z.int() });
    const answer = respond.text('{"id":"call_me","at":"noon","stack":3}');
    const model = scriptedModel([respond.calls([{ ...asks('look', 'Oslo'), id }]), answer]);
    return await new Agent({ model, tools: [city('look')], output }).run('Go.').outcome();
  };
  const text = printed(await ended('toolu_01AbC'));
  expect(text).toContain('"output":{"id":"call_me","at":"noon","stack":3}');
  expect(text).toBe(printed(await ended('D681PevKsXY')));
});

test('prints a run without ids and times, the same for two equal runs', async () => {
  const [one, other] = [await travelled(), await travelled()];
  expect(one.outcome.runId).not.toBe(other.outcome.runId);
  expect(printed(one.outcome)).toBe(printed(other.outcome));
  expect(printed(one.events)).toBe(printed(other.events));
  expect(one.outcome).toMatchInlineSnapshot(`
    {
      "agent": "agent",
      "messages": [
        {
          "content": "Go.",
          "role": "user",
        },
        {
          "content": null,
          "role": "assistant",
          "tool_calls": [
            {
              "function": {
                "arguments": "{"city":"Oslo"}",
                "name": "look",
              },
              "id": "id 1",
              "type": "function",
            },
          ],
        },
        {
          "content": "look",
          "role": "tool",
          "tool_call_id": "id 1",
        },
        {
          "content": null,
          "role": "assistant",
          "tool_calls": [
            {
              "function": {
                "arguments": "{"city":"Rome"}",
                "name": "fly",
              },
              "id": "id 2",
              "type": "function",
            },
            {
              "function": {
                "arguments": "{"city":"Rome"}",
                "name": "look",
              },
              "id": "id 3",
              "type": "function",
            },
          ],
        },
        {
          "content": "fly",
          "role": "tool",
          "tool_call_id": "id 2",
        },
        {
          "content": "look",
          "role": "tool",
          "tool_call_id": "id 3",
        },
        {
          "content": "There.",
          "role": "assistant",
        },
      ],
      "output": "There.",
      "status": "completed",
      "text": "There.",
      "toolCallCount": 3,
      "turnCount": 3,
      "usage": {
        "cachedInputTokens": 0,
        "cost": 0,
        "estimated": false,
        "inputTokens": 465,
        "outputTokens": 80,
        "reasoningTokens": 0,
        "requests": 3,
        "totalTokens": 545,
      },
      "usageBy": [
        {
          "agent": "agent",
          "toolCallCount": 0,
          "turnCount": 3,
          "usage": {
            "cachedInputTokens": 0,
            "cost": 0,
            "estimated": false,
            "inputTokens": 465,
            "outputTokens": 80,
            "reasoningTokens": 0,
            "requests": 3,
            "totalTokens": 545,
          },
        },
        {
          "agent": "agent",
          "tool": "fly",
          "toolCallCount": 1,
          "turnCount": 0,
          "usage": {
            "cachedInputTokens": 0,
            "cost": 0,
            "estimated": false,
            "inputTokens": 0,
            "outputTokens": 0,
            "reasoningTokens": 0,
            "requests": 0,
            "totalTokens": 0,
          },
        },
        {
          "agent": "agent",
          "tool": "look",
          "toolCallCount": 2,
          "turnCount": 0,
          "usage": {
            "cachedInputTokens": 0,
            "cost": 0,
            "estimated": false,
            "inputTokens": 0,
            "outputTokens": 0,
            "reasoningTokens": 0,
            "requests": 0,
            "totalTokens": 0,
          },
        },
      ],
    }
  `);
});
