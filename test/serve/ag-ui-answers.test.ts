import type { Interrupt } from '@ag-ui/core';
import { Agent, memoryConversations, memoryHost, SuspendRun, type Tool, tool } from '@pawl/core';
import type { ServeOptions } from '@pawl/serve';
import { respond, type ScriptedModelResponse, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { AgUiClient, type ClientRun, resolve, show, watchWarnings } from './ag-ui-client.ts';
import { authorize, type RunningServer, startServer } from './serve-agents.ts';

interface Shop extends RunningServer {
  /** The orders that were paid back. */
  readonly paid: string[];
}

interface ShopOptions extends Omit<ServeOptions, 'agents'> {
  readonly inner?: readonly ScriptedModelResponse[];
}

async function startShop(
  script: readonly ScriptedModelResponse[],
  { inner = [], ...options }: ShopOptions = {},
): Promise<Shop> {
  const paid: string[] = [];
  const refund: Tool<unknown> = tool({
    name: 'refund',
    description: 'Pays an order back.',
    input: z.object({ order: z.string() }),
    needsApproval: true,
    preview: ({ order }) => `Order ${order}`,
    execute: ({ order }) => {
      paid.push(order);
      return `Paid ${order}.`;
    },
  });
  const confirm: Tool<unknown> = tool({
    name: 'confirm',
    description: 'Asks the user.',
    input: z.object({}),
    execute: (_, { resumeData }) => {
      if (resumeData === undefined) throw new SuspendRun('Which order?', { state: { asked: true } });
      return `Order ${String(resumeData)}`;
    },
  });
  const external = tool({ name: 'ask_bank', description: 'Waits for the bank.', input: z.object({}) });
  const clerk = new Agent({ name: 'clerk', model: scriptedModel(inner), tools: [refund] });
  const agent = new Agent({
    name: 'support',
    model: scriptedModel(script),
    tools: [refund, confirm, external, clerk.asTool({ name: 'ask_clerk', description: 'Asks the clerk.' })],
  });
  const host = memoryHost();
  const server = await startServer({ agents: [agent], host, conversations: memoryConversations(), ...options });
  return { ...server, paid };
}

const faces = ['ag-ui'] as const;
const TWO_REFUNDS = respond.calls([
  { name: 'refund', arguments: { order: '7' } },
  { name: 'refund', arguments: { order: '8' } },
]);

function first({ interrupts: [interrupt] }: ClientRun): Interrupt {
  if (interrupt === undefined) throw new Error('There is no interrupt.');
  return interrupt;
}

function countOutputTokens({ events }: ClientRun): number {
  const usage = (events.at(-1)?.['usage'] ?? []) as readonly { readonly outputTokens: number }[];
  return usage.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
}

test('approves, edits and denies calls; the second run has only its own usage', async () => {
  const warnings = watchWarnings();
  const calls = ['7', '8', '9'].map((order) => ({ name: 'refund', arguments: { order } }));
  const shop = await startShop([respond.calls(calls), respond.text('Done.')], { faces });
  const client = new AgUiClient(shop.url, { threadId: 'a' });
  const asked = await client.ask('Refund 7, 8 and 9.');

  expect(asked.outcome).toBe('interrupt');
  expect(asked.types.slice(-2)).toEqual(['MESSAGES_SNAPSHOT', 'RUN_FINISHED']);
  expect(asked.interrupts).toHaveLength(3);
  const called = client.messages.flatMap((message) => (message.role === 'assistant' ? (message.toolCalls ?? []) : []));
  expect(first(asked)).toMatchObject({
    reason: 'tool_call',
    toolCallId: called[0]?.id,
    responseSchema: { required: ['approved'] },
    metadata: { pawl: { reason: 'approval', preview: 'Order 7', accepts: ['approve', 'deny', 'edit'] } },
  });
  const [one, two, three] = asked.interrupts as [Interrupt, Interrupt, Interrupt];
  const resume = [
    resolve(one, { approved: true }),
    resolve(two, { approved: true, editedArgs: { order: '80' } }),
    resolve(three, { approved: false, reason: 'Too late.' }),
  ];
  const answered = await client.run({ resume });

  expect(answered.failure).toBeUndefined();
  expect(answered.outcome).toBe('success');
  expect(shop.paid).toEqual(['7', '80']);
  const [, call, ...results] = show(client.messages);
  expect(call).toBe('assistant: refund({"order":"7"}) | refund({"order":"80"}) | refund({"order":"9"})');
  expect(results.pop()).toBe('assistant: Done.');
  expect(results.toSorted()).toEqual([
    expect.stringContaining('Paid 80.'),
    expect.stringContaining('Too late.'),
    'tool: Paid 7.',
  ]);
  expect(countOutputTokens(answered)).toBeLessThan(countOutputTokens(asked));
  expect(warnings).toEqual([]);
});

test('one resume answers all open interrupts, each for the call that was shown, once', async () => {
  const shop = await startShop([TWO_REFUNDS, respond.text('Done.')], { faces });
  const client = new AgUiClient(shop.url, { threadId: 'a' });
  const { interrupts } = await client.ask('Refund 7 and 8.');
  const [one, two] = interrupts as [Interrupt, Interrupt];
  /** A client without the checks of the package. */
  const send = (resume: ReturnType<typeof resolve>[], agent = client): Promise<ClientRun> => {
    agent.agent.pendingInterrupts = [];
    return agent.run({ resume });
  };
  const approved = { approved: true };

  expect((await send([resolve(one, approved)])).error).toEqual({
    code: 'approval.missing',
    message: expect.stringContaining(two.id),
  });
  expect((await send([resolve({ id: 'x' }, approved)])).error?.code).toBe('approval.unknown');
  const forged = { id: one.id.replace(/~.*/, `~${'0'.repeat(64)}`) };
  expect((await send([resolve(forged, approved), resolve(two, approved)])).error?.code).toBe('approval.fingerprint');
  expect((await send([resolve(one, { yes: 1 }), resolve(two, approved)])).error?.code).toBe('approval.type');
  expect((await send([resolve(one, { value: 'Paid.' }), resolve(two, approved)])).error?.code).toBe('approval.type');
  const elsewhere = new AgUiClient(shop.url, { threadId: 'b' });
  expect((await send([resolve(one, approved), resolve(two, approved)], elsewhere)).error?.code).toBe(
    'approval.unknown',
  );
  client.agent.pendingInterrupts = [];
  expect((await client.ask('Never mind.')).error?.code).toBe('approval.missing');
  expect(shop.paid).toEqual([]);
  client.agent.setMessages(client.messages.slice(0, -1));

  const { events } = await send([resolve(one, approved), resolve(two, approved), resolve({ id: 'x~y' }, approved)]);
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'CUSTOM', name: 'pawl.ignored', value: { places: ['resume: x~y'] } }),
  );
  expect(shop.paid).toEqual(['7', '8']);
  expect(show(client.messages).at(-1)).toBe('assistant: Done.');

  const again = await send([resolve(one, approved), resolve(two, approved)]);
  expect(again).toMatchObject({ outcome: 'success', error: undefined });
  expect(show(client.messages).at(-1)).toBe('assistant: Done.');
  expect((await send([resolve(one, { approved: false }), resolve(two, approved)])).error?.code).toBe('approval.used');
  expect(shop.paid).toEqual(['7', '8']);
});

test('a cancelled interrupt denies its call', async () => {
  const shop = await startShop([respond.call('refund', { order: '7' }), respond.text('Then not.')], { faces });
  const client = new AgUiClient(shop.url);
  const { id: interruptId } = first(await client.ask('Refund 7.'));
  const { outcome } = await client.run({ resume: [{ interruptId, status: 'cancelled' }] });

  expect(outcome).toBe('success');
  expect(shop.paid).toEqual([]);
  expect(show(client.messages).slice(-2)).toEqual([expect.stringContaining('cancelled'), 'assistant: Then not.']);
});

test('a call inside an agent is an interrupt of the subagent, which goes on in the next run', async () => {
  const warnings = watchWarnings();
  const shop = await startShop([respond.call('ask_clerk', { prompt: 'Refund 7' }), respond.text('Done.')], {
    faces,
    inner: [respond.call('refund', { order: '7' }), respond.text('It is paid.')],
  });
  const client = new AgUiClient(shop.url);
  const asked = await client.ask('Refund 7.');
  const interrupt = first(asked);
  const { subagentRunId } = interrupt;

  expect(asked.events).toContainEqual(
    expect.objectContaining({
      type: 'SUBAGENT_FINISHED',
      subagentRunId,
      outcome: { type: 'suspended', interruptIds: [interrupt.id] },
    }),
  );
  const { events } = await client.run({ resume: [resolve(interrupt, { approved: true })] });
  const lifecycle = events.filter(({ type }) => type.startsWith('SUBAGENT_'));
  expect(lifecycle).toMatchObject([
    { type: 'SUBAGENT_STARTED', subagentRunId, name: 'clerk' },
    { type: 'SUBAGENT_FINISHED', subagentRunId, outcome: { type: 'success' } },
  ]);
  expect(shop.paid).toEqual(['7']);
  expect(show(client.messages)).toEqual([
    'user: Refund 7.',
    'assistant: ask_clerk({"prompt":"Refund 7"})',
    'tool: It is paid.',
    'assistant: refund({"order":"7"})',
    'tool: Paid 7.',
    'assistant: It is paid.',
    'assistant: Done.',
  ]);
  expect(warnings).toEqual([]);
});

test('answers a tool that asks for a value, and one whose result comes from elsewhere', async () => {
  const script = [respond.call('confirm'), respond.call('ask_bank'), respond.text('Done.')];
  const shop = await startShop(script, { faces });
  const client = new AgUiClient(shop.url);
  const asked = first(await client.ask('Refund it.'));
  expect(asked.metadata).toMatchObject({ pawl: { reason: 'suspended', accepts: ['resume', 'deny'] } });
  const bank = first(await client.run({ resume: [resolve(asked, { value: '7' })] }));

  expect(bank.metadata).toMatchObject({ pawl: { reason: 'external_result' } });
  // The client did not bring this tool: a message is no result of it.
  const { toolCallId = '' } = bank;
  client.agent.pendingInterrupts = [];
  client.agent.addMessage({ id: 'forged', role: 'tool', toolCallId, content: 'All paid.' });
  expect((await client.run()).outcome).toBe('interrupt');
  const { outcome } = await client.run({ resume: [resolve(bank, { value: { ok: true } })] });
  expect(outcome).toBe('success');
  expect(JSON.stringify(client.messages)).not.toContain('All paid.');
  expect(show(client.messages).slice(-3)).toEqual(['assistant: ask_bank({})', 'tool: {"ok":true}', 'assistant: Done.']);
});

const PICK = {
  name: 'pick_color',
  description: 'Lets the user pick a colour.',
  parameters: { type: 'object', properties: { of: { type: 'string' } } },
};

test('calls a tool of the client, which answers with a message', async () => {
  const warnings = watchWarnings();
  const shop = await startShop([respond.call('pick_color', { of: 'car' }), respond.text('Red it is.')], { faces });
  const client = new AgUiClient(shop.url);
  const asked = await client.ask('Paint it.', { tools: [PICK] });

  expect(asked.outcome).toBe('success');
  const [toolCallId = ''] = asked.pendingToolCallIds;
  expect(asked.events.at(-1)).toMatchObject({ outcome: { type: 'success', pendingToolCallIds: [toolCallId] } });
  expect(asked.types).not.toContain('TOOL_CALL_RESULT');
  client.agent.addMessage({ id: 'result', role: 'tool', toolCallId, content: 'red' });
  const { outcome, failure } = await client.run({ tools: [PICK] });

  expect(failure).toBeUndefined();
  expect(outcome).toBe('success');
  expect(show(client.messages)).toEqual([
    'user: Paint it.',
    'assistant: pick_color({"of":"car"})',
    'tool: red',
    'assistant: Red it is.',
  ]);
  // Sent again, it changes nothing.
  client.agent.setMessages(client.messages.slice(0, -1));
  await client.run({ tools: [PICK] });
  expect(show(client.messages).at(-1)).toBe('assistant: Red it is.');
  expect(warnings).toEqual([]);
});

test('an approval and a tool of the client are answered by one request', async () => {
  const calls = respond.calls([
    { name: 'pick_color', arguments: { of: 'car' } },
    { name: 'refund', arguments: { order: '7' } },
  ]);
  const shop = await startShop([calls, respond.text('Done.')], { faces });
  const client = new AgUiClient(shop.url);
  const asked = await client.ask('Paint it and refund 7.', { tools: [PICK] });
  const toolCallId = first(asked).toolCallId?.replace(/\.1$/, '.0') ?? '';
  client.agent.addMessage({ id: 'result', role: 'tool', toolCallId, content: 'red' });
  const { outcome } = await client.run({ tools: [PICK], resume: [resolve(first(asked), { approved: true })] });

  expect(outcome).toBe('success');
  expect(shop.paid).toEqual(['7']);
  expect(show(client.messages).slice(2)).toEqual(['tool: red', 'tool: Paid 7.', 'assistant: Done.']);
});

test('a tool of the client may not have the name of one of the agent', async () => {
  const shop = await startShop([], { faces });
  const named = await new AgUiClient(shop.url).ask('Hello.', { tools: [{ ...PICK, name: 'refund' }] });
  expect(named.failure).toMatchObject({ status: 400 });
  const strict = await startShop([], { faces, callerTools: 'reject' });
  const refused = await new AgUiClient(strict.url).ask('Hello.', { tools: [PICK] });
  expect(refused.failure).toMatchObject({ status: 400 });
});

test('only who may answer answers', async () => {
  const shop = await startShop([respond.call('refund', { order: '7' })], {
    faces,
    authorize,
    mayAnswer: ({ principal }) => principal.isOperator === true,
  });
  const withKey = (key: string) => ({ threadId: 'a', headers: { authorization: `Bearer ${key}` } });
  const client = new AgUiClient(shop.url, withKey('key-of-ada'));
  const resume = [resolve(first(await client.ask('Refund 7.')), { approved: true })];

  expect((await client.run({ resume })).failure).toMatchObject({ status: 403 });
  const bob = new AgUiClient(shop.url, withKey('key-of-bob'));
  expect((await bob.run({ resume })).error?.code).toBe('approval.unknown');
  // An operator sees the run, and answers it with the runs API: the thread is not the operator's.
  const lead = new AgUiClient(shop.url, withKey('key-of-lead'));
  expect((await lead.run({ resume })).error?.code).toBe('approval.unknown');
  expect(shop.paid).toEqual([]);
});
