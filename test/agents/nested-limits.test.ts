import {
  AbortRun,
  Agent,
  type AgentOptions,
  type Host,
  type Outcome,
  type RunEvent,
  type Tool,
  tool,
} from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from '../durable/hosts.ts';

type Options = Partial<AgentOptions<unknown, string>>;

const none = z.object({});
const pay = tool({ name: 'pay', description: 'Pays.', input: none, needsApproval: true, execute: () => 'paid' });

interface Nested {
  readonly inner: Options;
  readonly outer?: Options;
}

/** An agent that asks another one once; that one calls each of its tools in turn, and gets the result of each. */
function nested({ inner, outer = {} }: Nested): Agent {
  const names = (inner.tools ?? []).map(({ name }) => name);
  const helperModel = scriptedModel(({ messages }) => {
    const done = messages.filter(({ role }) => role === 'tool');
    const next = names[done.length];
    return next === undefined ? respond.text(done.map(({ content }) => content).join(', ')) : respond.call(next, {});
  });
  const helper = new Agent({ name: 'helper', model: helperModel, ...inner });
  const model = scriptedModel(({ messages }) => {
    const result = messages.find(({ role }) => role === 'tool');
    return result === undefined ? respond.call('help', { prompt: 'Help.' }) : respond.text(String(result.content));
  });
  return new Agent({ name: 'asker', model, tools: [helper.asTool({ name: 'help', description: 'H.' })], ...outer });
}

/** A tool that takes a while of the clock that its agents have. */
function taking(ms: number, clock: ReturnType<typeof manualClock>): Tool<unknown> {
  const name = `take_${ms}`;
  return tool({
    name,
    description: 'Takes its time.',
    input: none,
    execute: async () => {
      await clock.advance(ms);
      return `${ms} ms`;
    },
  });
}

async function approved(host: Host, { agent, outcome }: { readonly agent: Agent; readonly outcome: Outcome }) {
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
  return agent.resume('run', { host }).outcome();
}

describe.each(hosts)('time, on $name', ({ open }) => {
  test('of the outer run ends the nested run too, and both outcomes name it', async () => {
    const clock = manualClock();
    const host = open({ clock });
    const limits = { durationMs: 1_000 };
    const agent = nested({ inner: { clock, tools: [taking(2_000, clock)] }, outer: { clock, limits } });
    const events: RunEvent[] = [];
    const run = agent.run('Go.', { host, runId: 'run' });
    run.on('limit.exceeded', (event) => events.push(event));
    expect(await run.outcome()).toMatchObject({ status: 'limited', limit: 'durationMs', max: 1_000 });
    expect(events).toMatchObject([{ path: 'tool:1.0', limit: 'durationMs', max: 1_000, spent: expect.any(Number) }]);
  });

  test('counts time that a nested run used before a suspension', async () => {
    const clock = manualClock();
    const host = open({ clock });
    const tools = [taking(600, clock), pay, taking(400, clock)];
    const agent = nested({ inner: { clock, tools }, outer: { clock, limits: { durationMs: 1_000 } } });
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    expect(paused).toMatchObject({ status: 'suspended', durationMs: 600 });
    await clock.advance(60_000);
    expect(await approved(host, { agent, outcome: paused })).toMatchObject({
      status: 'limited',
      limit: 'durationMs',
      max: 1_000,
    });
  });

  test('of a nested agent holds across its suspensions, and the caller gets the reason', async () => {
    const clock = manualClock();
    const host = open({ clock });
    const tools = [taking(600, clock), pay, taking(400, clock)];
    const agent = nested({ inner: { clock, tools, limits: { durationMs: 1_000 } }, outer: { clock } });
    const paused = await agent.run('Go.', { host, runId: 'run' }).outcome();
    await clock.advance(60_000);
    const outcome = await approved(host, { agent, outcome: paused });
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'The agent "help" returned no answer. It reached its limit: durationMs.',
      durationMs: 1_000,
    });
  });
});

test('ends only the nested run if its tool throws AbortRun', async () => {
  const stop = tool({
    name: 'stop',
    description: 'Stops.',
    input: none,
    execute: () => {
      throw new AbortRun('Not here.');
    },
  });
  const outcome = await nested({ inner: { tools: [stop] } })
    .run('Go.')
    .outcome();
  expect(outcome).toMatchObject({
    status: 'completed',
    output: 'The agent "help" returned no answer. It was aborted: Not here.',
  });
});

test('returns the issues of a nested output that stays invalid', async () => {
  const checker = new Agent({
    name: 'checker',
    model: scriptedModel(() => respond.text('{"well":"perhaps"}')),
    output: z.object({ well: z.boolean() }),
  });
  const model = scriptedModel([respond.call('check', { prompt: 'Well?' }), respond.text('It failed.')]);
  const check = checker.asTool({ name: 'check', description: 'Checks.' });
  const { messages } = await new Agent({ model, tools: [check] }).run('Go.').outcome();
  expect(messages[2]?.content).toMatch(/^The agent "check" returned no answer\. It failed: .*well/s);
});

test('runs a nested agent with an edited prompt, and says so in the result', async () => {
  const asked: unknown[] = [];
  const helperModel = scriptedModel(({ messages }) => {
    asked.push(messages[0]?.content);
    return respond.text('Done.');
  });
  const help = new Agent({ name: 'helper', model: helperModel }).asTool({
    name: 'help',
    description: 'Helps.',
    needsApproval: true,
  });
  const model = scriptedModel([respond.call('help', { prompt: 'All of it.' }), respond.text('Fine.')]);
  const agent = new Agent({ model, tools: [help] });
  const [host] = hosts.map(({ open }) => open());
  if (host === undefined) throw new Error('There is no host.');
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  const { fingerprint = '' } = pending ?? {};
  await host.answer('run', 'approval:1.0', { type: 'edit', fingerprint, arguments: { prompt: 'Half of it.' } });
  const { messages } = await agent.resume('run', { host }).outcome();
  expect(asked).toEqual(['Half of it.']);
  expect(messages[2]?.content).toBe(
    'A person approved this call with other arguments: {"prompt":"Half of it."}\nDone.',
  );
});

test('wraps the tools of each agent, agents as tools included, in its own middleware', async () => {
  const seen: string[] = [];
  const watching = (who: string): readonly Middleware[] => [
    {
      wrapToolCall: (call, next, { path }) => {
        seen.push(`${who}: ${call.tool.name} at "${path}"`);
        return next(call);
      },
    },
  ];
  const look = tool({ name: 'look', description: 'Looks.', input: none, execute: () => 'seen' });
  const agent = nested({
    inner: { tools: [look], middleware: watching('helper') },
    outer: { middleware: watching('asker') },
  });
  await agent.run('Go.').outcome();
  expect(seen).toEqual(['asker: help at ""', 'helper: look at "tool:1.0"']);
});

test('passes the cancellation of the outermost run to every nested agent', async () => {
  const controller = new AbortController();
  const reasons: unknown[] = [];
  const hang = tool({
    name: 'hang',
    description: 'Hangs.',
    input: none,
    execute: (_, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      controller.abort('Enough.');
      return new Promise(() => undefined);
    },
  });
  const middle = nested({ inner: { tools: [hang] } });
  const model = scriptedModel([respond.call('deep', { prompt: 'Go.' })]);
  const agent = new Agent({ model, tools: [middle.asTool({ name: 'deep', description: 'Deep.' })] });
  const outcome = await agent.run('Go.', { signal: controller.signal }).outcome();
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'Enough.', usage: { requests: 3 } });
  expect(reasons).toEqual(['Enough.']);
});

/** Calls a tool as often as it may, then says how often that was. */
function caller(times: number, options: Options = {}): Agent {
  const model = scriptedModel(({ messages, tool_choice: choice }) => {
    const done = messages.filter(({ role }) => role === 'tool').length;
    return done < times && choice !== 'none' ? respond.call('count', {}) : respond.text(`Called ${done} times.`);
  });
  return new Agent({ name: 'caller', model, ...options });
}

/** A tool that says how often it has run. */
function counting() {
  const runs = { count: 0 };
  const count = tool({ name: 'count', description: 'Counts.', input: none, execute: () => `${++runs.count}` });
  return { runs, count };
}

/** An agent that asks so many others at once, then answers. */
function around(inner: Agent, { many, ...options }: Options & { readonly many: number }): Agent {
  const calls = Array.from({ length: many }, () => ({ name: 'help', arguments: { prompt: 'Help.' } }));
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('All done.') : respond.calls(calls),
  );
  return new Agent({ model, tools: [inner.asTool({ name: 'help', description: 'Helps.' })], ...options });
}

describe('the tool calls of a run', () => {
  test.each([1, 3, 8])(
    'include those of nested agents, and never exceed the limit with %i nested agents in parallel',
    async (many) => {
      const { runs, count } = counting();
      const agent = around(caller(5, { tools: [count] }), { many, limits: { toolCalls: 10 } });
      const outcome = await agent.run('Go.').outcome();
      const made = many + Math.min(many * 5, 10 - many);
      expect(runs.count).toBe(made - many);
      expect(outcome).toMatchObject({ status: 'completed', toolCallCount: made });
    },
  );

  test('end a nested agent at its limit, and return its text so far to the caller', async () => {
    const { count } = counting();
    const agent = around(caller(5, { tools: [count] }), { many: 1, limits: { toolCalls: 3 } });
    const ended: RunEvent[] = [];
    const run = agent.run('Go.');
    run.on('run.finished', (event) => ended.push(event));
    const { messages } = await run.outcome();
    expect(messages[2]?.content).toBe(
      'The agent "help" returned no answer. It reached its limit: toolCalls. Its text so far:\nCalled 3 times.',
    );
    expect(ended[0]).toMatchObject({ path: 'tool:1.0', outcome: { limit: 'toolCalls', max: 3, spent: 3 } });
  });

  test('are reported by the agent that made them, and further calls of the outer agent are refused', async () => {
    const { runs, count } = counting();
    const script = [respond.call('help', { prompt: 'Help.' }), respond.call('count', {}), respond.text('Enough.')];
    const help = caller(3, { tools: [count] }).asTool({ name: 'help', description: 'Helps.' });
    const agent = new Agent({ model: scriptedModel(script), tools: [help, count], limits: { toolCalls: 4 } });
    expect(await agent.run('Go.').outcome()).toMatchObject({
      status: 'limited',
      limit: 'toolCalls',
      max: 4,
      spent: 4,
      output: 'Enough.',
      spentBy: [{ tool: 'help', spent: 4 }],
    });
    expect(runs.count).toBe(3);
  });

  test.each(hosts)('of a nested agent are counted across a suspension, on $name', async ({ open }) => {
    const host = open();
    const { runs, count } = counting();
    const inner = caller(5, { tools: [{ ...count, needsApproval: true }] });
    const agent = around(inner, { many: 1, limits: { toolCalls: 3 } });
    let outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    for (let answers = 0; outcome.status === 'suspended' && answers < 5; answers++) {
      outcome = await approved(host, { agent, outcome });
    }
    expect(outcome).toMatchObject({ status: 'completed', toolCallCount: 3 });
    expect(runs.count).toBe(2);
  });
});
