import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, type Host, memoryHost, tool } from '@pawl/core';
import type { Replay, SavedTest } from '@pawl/inspector';
import { blockNetwork, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type RunningInspector, startInspector } from './start-inspector.ts';

/** Looks up an order and pays it back. `ran` has what the tools did. */
function createDesk({ ran = [] as string[], model = createDeskModel() } = {}): Agent {
  const lookUp = tool({
    name: 'look_up',
    effect: 'read',
    input: z.object({ order: z.number() }),
    execute: ({ order }) => {
      ran.push(`look_up ${order}`);
      return { order, paid: order * 10 };
    },
  });
  const payBack = tool({
    name: 'pay_back',
    input: z.object({ order: z.number(), amount: z.number() }),
    execute: ({ order, amount }) => {
      ran.push(`pay_back ${order} ${amount}`);
      return `Paid ${amount}.`;
    },
  });
  return new Agent({ name: 'desk', model, tools: [lookUp, payBack] });
}

/** Decides by the last message alone, so that it can be asked at any point. */
function createDeskModel(name = 'desk-model') {
  return scriptedModel(
    ({ messages }) => {
      const last = messages.at(-1);
      if (last?.role === 'user')
        return respond.call('look_up', { order: Number(/\d+/.exec(String(last.content))?.[0] ?? 0) });
      const result = String(last?.content);
      const found = /"paid":(\d+)/.exec(result);
      if (found !== null) return respond.call('pay_back', { order: 7, amount: Number(found[1]) });
      return respond.text(`${name}: ${result}`);
    },
    { name },
  );
}

async function recordRun(host: Host = memoryHost()): Promise<{ readonly host: Host; readonly ran: string[] }> {
  const ran: string[] = [];
  await createDesk({ ran }).run('Pay back order 7.', { host, runId: 'source' });
  return { host, ran };
}

/** Starts a replay and waits until it has ended or is suspended. */
async function replay({ send }: RunningInspector, body: object) {
  const response = await send('/replay', { runId: 'source', ...body });
  if (response.status !== 201) throw new Error(await response.text());
  const started: Replay = await response.json();
  await expect
    .poll(async () => (await (await send(`/v1/runs/${started.runId}`)).json()).status)
    .not.toMatch(/queued|running/);
  return { ...started, run: await (await send(`/v1/runs/${started.runId}`)).json() };
}

describe('POST /replay', () => {
  test('recorded: no tool runs and no socket opens, and the source and its host stay as they are', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    const before = JSON.stringify([await host.getRun('source'), await host.listRuns()]);
    const { port } = new URL(inspector.url);
    const stop = blockNetwork({ allow: [`127.0.0.1:${port}`] });
    onTestFinished(stop);
    const { run, sourceRunId, mode, model } = await replay(inspector, { before: 'model:1', mode: 'recorded' });
    expect({ sourceRunId, mode, model }).toEqual({ sourceRunId: 'source', mode: 'recorded', model: 'desk-model' });
    expect(run).toMatchObject({ status: 'completed', outcome: { text: 'desk-model: Paid 70.' } });
    expect(run.details.forkedFrom).toEqual({ runId: 'source', before: 'model:1' });
    expect(ran).toEqual(['look_up 7', 'pay_back 7 70']);
    expect(JSON.stringify([await host.getRun('source'), await host.listRuns()])).toBe(before);
  });

  test('recorded: a call that was not recorded is refused, and the model reads that', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    const { run, runId } = await replay(inspector, { before: 'start', mode: 'recorded', input: 'Pay back order 8.' });
    expect(run.status).toBe('completed');
    expect(run.outcome.text).toContain('no call of "look_up" with these arguments');
    expect(ran).toHaveLength(2);
    const events = await (await inspector.send(`/v1/runs/${runId}/events?journal=only`)).text();
    expect(events).toContain('Pay back order 8.');
    expect(events).not.toContain('Pay back order 7.');
  });

  test('from a later step the steps before it are kept', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    const { run } = await replay(inspector, { before: 'model:3', mode: 'recorded' });
    expect(run.outcome).toMatchObject({ text: 'desk-model: Paid 70.', turnCount: 3, toolCallCount: 2 });
    expect(ran).toHaveLength(2);
  });

  test('with another model, another input or other messages', async () => {
    const { host, ran } = await recordRun();
    const models = [createDeskModel('other')];
    const inspector = await startInspector({ host, agents: [createDesk({ ran })], models });
    const other = await replay(inspector, { before: 'model:3', mode: 'recorded', model: 'other' });
    expect(other.model).toBe('other');
    expect(other.run.outcome.text).toBe('other: Paid 70.');
    const input = await replay(inspector, { before: 'model:2', mode: 'recorded', input: 'And order 7?' });
    expect(input.run.outcome).toMatchObject({ status: 'completed', turnCount: 3 });
    const messages = await replay(inspector, {
      before: 'model:1',
      mode: 'recorded',
      messages: [{ role: 'user', content: 'Order 7.' }],
    });
    expect(messages.run.outcome.text).toBe('desk-model: Paid 70.');
    expect(ran).toHaveLength(2);
  });

  test('with another result of a call, which does not run', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    for (const mode of ['recorded', 'live']) {
      const { run } = await replay(inspector, { before: 'tool:2.0:pay_back', mode, result: 'Refused by the bank.' });
      expect(run.outcome.text).toBe('desk-model: Refused by the bank.');
    }
    expect(ran).toHaveLength(2);
  });

  test('with other arguments of a call, which the journal shows as edited', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    const recorded = await replay(inspector, {
      before: 'tool:2.0:pay_back',
      mode: 'recorded',
      arguments: { order: 7, amount: 5 },
    });
    expect(recorded.run.outcome.text).toContain('no call of "pay_back" with these arguments');
    expect(ran).toHaveLength(2);
    const live = await replay(inspector, {
      before: 'tool:2.0:pay_back',
      mode: 'live',
      arguments: { order: 7, amount: 5 },
    });
    expect(live.run.outcome.text).toContain('Paid 5.');
    expect(ran.slice(2)).toEqual(['pay_back 7 5']);
  });

  test('live: tools run, and each call that is not idempotent waits for an answer', async () => {
    const { host, ran } = await recordRun();
    const inspector = await startInspector({ host, agents: [createDesk({ ran })] });
    const { run, runId } = await replay(inspector, { before: 'model:1', mode: 'live' });
    expect(ran.slice(2)).toEqual(['look_up 7']);
    expect(run.status).toBe('suspended');
    const [pending] = run.pending;
    const answer = { pending: pending.id, answer: { type: 'approve', fingerprint: pending.fingerprint } };
    expect((await inspector.send(`/v1/runs/${runId}/answers`, answer)).status).toBe(200);
    await expect.poll(async () => (await (await inspector.send(`/v1/runs/${runId}`)).json()).status).toBe('completed');
    expect(ran.slice(2)).toEqual(['look_up 7', 'pay_back 7 70']);
    // Nobody else can take it: it is not in the host of the source.
    expect((await host.listRuns()).map(({ runId: id }) => id)).toEqual(['source']);
  });

  test('live: agents as tools and agents that take over ask, too', async () => {
    const ran: string[] = [];
    const helper = createDesk({ ran }).with({ name: 'helper' });
    const billing = createDesk({ ran }).with({ name: 'billing' });
    const front = new Agent({
      name: 'front',
      model: scriptedModel(({ messages }) => {
        const last = messages.at(-1);
        return last?.role === 'tool'
          ? respond.call('transfer_to_billing')
          : respond.call('help', { prompt: 'Order 7.' });
      }),
      tools: [helper.asTool({ name: 'help', description: 'Helps.' })],
      handoffs: [billing],
    });
    const host = memoryHost();
    await front.run('Order 7.', { host, runId: 'source' }).outcome();
    expect(ran.filter((each) => each.startsWith('pay_back'))).toHaveLength(1);
    ran.length = 0;
    const inspector = await startInspector({ host, agents: [front] });
    const { run } = await replay(inspector, { before: 'model:1', mode: 'live' });
    expect(run.status).toBe('suspended');
    expect(run.pending[0]).toMatchObject({ id: expect.stringContaining('/'), input: { order: 7, amount: 70 } });
    expect(ran).toEqual(['look_up 7']);
  });

  test('answers and denials before the step are kept, and nobody is asked again', async () => {
    const ran: string[] = [];
    const desk = createDesk({ ran });
    const asking = desk.with(({ tools = [] }) => ({ tools: tools.map((each) => ({ ...each, needsApproval: true })) }));
    const host = memoryHost();
    let outcome = await asking.run('Pay back order 7.', { host, runId: 'source' }).outcome();
    while (outcome.status === 'suspended') {
      for (const { id, fingerprint } of outcome.pending)
        await host.answer('source', id, { type: 'approve', fingerprint });
      outcome = await asking.resume('source', { host }).outcome();
    }
    expect(outcome.status).toBe('completed');
    const inspector = await startInspector({ host, agents: [asking] });
    const { run } = await replay(inspector, { before: 'model:3', mode: 'recorded' });
    expect(run).toMatchObject({ status: 'completed', outcome: { text: 'desk-model: Paid 70.' } });
    expect(ran).toHaveLength(2);
  });

  test.each([
    [{ before: 'model:9', mode: 'recorded' }, 400, 'before'],
    [{ before: 'model:1', mode: 'dry' }, 400, 'mode'],
    [{ before: 'model:1', mode: 'recorded', model: 'none' }, 400, 'model'],
    [{ before: 'model:1', mode: 'recorded', result: 1 }, 400, 'before'],
    [{ before: 'tool:1.0:look_up', mode: 'recorded', result: 1, input: 'x' }, 400, 'arguments'],
    [{ before: 'tool:9.0:look_up', mode: 'recorded', result: 1 }, 400, 'before'],
    [
      { before: 'model:1', mode: 'recorded', messages: [{ role: 'tool', content: 'x', tool_call_id: '1' }] },
      400,
      'messages',
    ],
    [{ before: 'model:1', mode: 'recorded', tools: [] }, 400, 'tools'],
    [{ before: 'model:1', mode: 'recorded', runId: 'none' }, 404, null],
  ])('refuses %j', async (body, status, param) => {
    const { host } = await recordRun();
    const { send } = await startInspector({ host, agents: [createDesk()] });
    const refused = await send('/replay', { runId: 'source', ...body });
    expect(refused.status).toBe(status);
    expect(await refused.json()).toMatchObject({ error: { param } });
    expect(await (await send('/replays')).json()).toEqual({ data: [] });
  });

  test('refuses a run whose agent is not known here', async () => {
    const { host } = await recordRun();
    const { send } = await startInspector({ host });
    expect(await (await send('/session')).json()).toMatchObject({ hasReplay: false, hasAgents: false });
    const refused = await send('/replay', { runId: 'source', before: 'model:1', mode: 'recorded' });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ error: { code: 'run.agent' } });
  });
});

describe('GET /test/{runId}', () => {
  test('makes a test that passes when it is run, without the model and the tools, and fails if the agent behaves differently', async () => {
    const { host } = await recordRun();
    const { send } = await startInspector({ host, agents: [createDesk()] });
    const saved: SavedTest = await (await send('/test/source')).json();
    expect(saved.files.map(({ name }) => name)).toEqual(['desk.cassette.jsonl', 'desk.events.jsonl', 'desk.test.ts']);
    const folder = mkdtempSync(join(import.meta.dirname, '.blocks-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const agents = { same: AGENT_FILE, other: AGENT_FILE.replace("name: 'pay_back'", "name: 'pay_out'") };
    for (const [variant, agent] of Object.entries(agents)) {
      mkdirSync(join(folder, variant));
      for (const { name, text } of saved.files) writeFileSync(join(folder, variant, name), text);
      writeFileSync(join(folder, variant, 'desk.ts'), agent);
    }
    const printed = await runVitest(folder);
    expect(printed).toMatch(/✓ same\/desk\.test\.ts/);
    expect(printed).toMatch(/FAIL {2}other\/desk\.test\.ts/);
    expect(printed).toContain('1 failed | 1 passed (2)');
  });

  test('refuses a run that has not ended', async () => {
    const host = memoryHost();
    await host.enqueue('desk', 'Hi.', { runId: 'queued' });
    const { send } = await startInspector({ host, agents: [createDesk()] });
    expect((await send('/test/queued')).status).toBe(422);
    expect((await send('/test/none')).status).toBe(404);
  });
});

/** An agent whose model and tools cannot be used. */
const AGENT_FILE = `
import { Agent, openai, tool } from '@pawl/core';
import { z } from 'zod';

const execute = () => { throw new Error('It ran.'); };
export const desk = new Agent({
  name: 'desk',
  model: openai('none', { baseURL: 'http://127.0.0.1:1/v1', apiKey: 'none' }),
  tools: [
    tool({ name: 'look_up', effect: 'read', input: z.object({ order: z.number() }), execute }),
    tool({ name: 'pay_back', input: z.object({ order: z.number(), amount: z.number() }), execute }),
  ],
});
`;

async function runVitest(folder: string): Promise<string> {
  const program = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');
  const env = { PATH: process.env['PATH'], NO_COLOR: '1' };
  const child = spawn(process.execPath, [program, 'run', '--root', folder], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  }
  await once(child, 'close');
  return printed;
}
