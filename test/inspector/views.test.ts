import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, customTool, jsonSchema, memoryHost, openai, tool } from '@pawl/core';
import { inputGuard } from '@pawl/core/middleware';
import { memoryWireLog } from '@pawl/core/wire-log';
import { formatCurl, type WireExchangeView, type WireSummary } from '@pawl/inspector';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import manifest from '../../packages/inspector/package.json' with { type: 'json' };
import { askInspector } from './ask-inspector.ts';

const ECHO = tool({ name: 'echo', effect: 'read', input: z.object({ text: z.string() }), execute: ({ text }) => text });

describe('the wire', () => {
  test('shows each request whole, what it shares with the one before it, and the pieces of its response', async () => {
    const server = await offlineServer({
      script: [respond.call('echo', { text: 'é'.repeat(50) }), respond.text('Grüße, done.')],
    });
    onTestFinished(() => server.close());
    const wireLog = memoryWireLog();
    const host = memoryHost();
    const agent = new Agent({ model: openai('m', { baseURL: server.baseURL }), tools: [ECHO], wireLog });
    await agent.run('Hi.', { host, runId: 'run', stream: true });
    const ask = askInspector(host, { wireLog });
    expect(await ask('/session')).toMatchObject({ hasWire: true });
    const { data, isTrimmed }: { data: readonly WireSummary[]; isTrimmed: boolean } = await ask('/wire/run');
    expect(isTrimmed).toBe(false);
    expect(data.map(({ turn, status, previous }) => ({ turn, status, previous }))).toEqual([
      { turn: 1, status: 200, previous: null },
      { turn: 2, status: 200, previous: data[0]?.id },
    ]);
    const views: readonly WireExchangeView[] = await Promise.all(data.map(({ id }) => ask(`/wire/run/${id}`)));
    const bodies = views.map(({ body }) => (body !== null && 'text' in body ? body.text : ''));
    expect(bodies.map((body) => JSON.parse(body))).toEqual(server.requests.map(({ body }) => body));
    const [first = '', second = ''] = bodies;
    const shared = data[1]?.sharedBytes ?? 0;
    const [one, other] = [Buffer.from(first), Buffer.from(second)];
    expect(one.subarray(0, shared).equals(other.subarray(0, shared))).toBe(true);
    expect(one[shared]).not.toBe(other[shared]);
    expect(data[1]?.bodyBytes).toBe(other.length);
    const text = views[1]?.response.pieces.map((piece) => ('text' in piece ? piece.text : '')).join('');
    expect(text).toContain('data: [DONE]');
    expect(JSON.stringify(views)).not.toContain(process.env['OPENAI_API_KEY']);
    await expect(ask('/wire/run/99')).rejects.toThrow('404');
    expect(await ask('/wire/none')).toEqual({ data: [], isTrimmed: false });
  });

  test('says what was not kept', async () => {
    const wireLog = memoryWireLog({ maxBytesPerRun: 3_000 });
    const request = {
      runId: 'run',
      path: '',
      turn: 1,
      attempt: 1,
      at: 1,
      method: 'POST',
      url: 'http://h/',
      headers: {},
    } as const;
    for (const size of [10, 20, 5_000]) wireLog.sent({ ...request, body: Buffer.from('x'.repeat(size)) });
    const ask = askInspector(memoryHost(), { wireLog });
    const { data, isTrimmed } = await ask('/wire/run');
    expect(isTrimmed).toBe(true);
    expect(data).toMatchObject([{ id: 3, bodyBytes: null, previous: null, sharedBytes: null }]);
    expect(await ask('/wire/run/3')).toMatchObject({ body: null, curl: null });
  });

  test('shows bytes that are no text as base64, and a character that is split over two pieces once', async () => {
    const wireLog = memoryWireLog();
    const request = {
      ...{ runId: 'run', path: '', turn: 1, attempt: 1, at: 1, method: 'POST' as const, url: 'http://h/', headers: {} },
      body: new Uint8Array([0xff, 0x00]),
    } as const;
    const bytes = Buffer.from('aé');
    wireLog.sent(request);
    for (const piece of [bytes.subarray(0, 2), bytes.subarray(2)])
      wireLog.received({ ...request, request, bytes: piece });
    const view: WireExchangeView = await askInspector(memoryHost(), { wireLog })('/wire/run/1');
    expect(view.body).toEqual({ base64: '/wA=' });
    expect(view.response.pieces).toEqual([
      { at: 1, byteCount: 2, text: 'a' },
      { at: 1, byteCount: 1, text: 'é' },
    ]);
  });
});

describe('formatCurl', () => {
  const hasCurl = spawnSync('curl', ['--version']).status === 0;

  test.skipIf(!hasCurl).each([
    ['short', 'It\'s "quoted" $HOME `id` \\ !! é\nend'],
    ['longer than an argument may be', `END_OF_BODY ${'x'.repeat(200_000)}`],
  ])('makes a command that sends the same body with the key of the environment: %s', async (_, question) => {
    const server = await offlineServer({ script: [respond.text('First.'), respond.text('Second.')] });
    onTestFinished(() => server.close());
    const wireLog = memoryWireLog();
    const model = openai('m', {
      baseURL: server.baseURL,
      apiKey: 'sk-of-this-test',
      headers: { 'x-team': 'secret-team' },
    });
    const host = memoryHost();
    await new Agent({ model, wireLog }).run(question, { host, runId: 'run' });
    const { curl }: WireExchangeView = await askInspector(host, { wireLog })('/wire/run/1');
    expect(curl).not.toContain('sk-of-this-test');
    expect(curl).not.toContain('secret-team');
    const env = { PATH: process.env['PATH'], OPENAI_API_KEY: 'sk-from-environment' };
    const shell = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'ignore'], env });
    shell.stdin.end(String(curl));
    let printed = '';
    shell.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    await once(shell, 'close');
    expect(printed).toContain('Second.');
    const [first, second] = server.requests;
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers['authorization']).toBe('Bearer sk-from-environment');
    expect(second?.headers['content-type']).toBe(first?.headers['content-type']);
  });

  test('leaves out what curl sets itself, and headers whose value is not known', () => {
    const headers = {
      host: 'h',
      'content-length': '2',
      'accept-encoding': 'gzip',
      'api-key': '[redacted]',
      'x-other': '[redacted]',
      accept: "it's",
    };
    expect(formatCurl({ url: 'http://h/v1?a=b&c', headers, body: '{}' })).toBe(
      `curl --no-buffer 'http://h/v1?a=b&c' \\\n  --header "api-key: $OPENAI_API_KEY" \\\n  --header 'accept: it'\\''s' \\\n  --data-raw '{}'`,
    );
  });
});

test('an agent is shown with both forms of its schemas, and why a tool has no strict one', async () => {
  const open = tool({
    name: 'open',
    description: 'Takes anything.',
    input: jsonSchema({ type: 'object', additionalProperties: true }),
    needsApproval: true,
    exclusive: true,
    execute: () => null,
  });
  const ask = tool({ name: 'ask', input: z.object({ question: z.string().optional() }), needsApproval: () => false });
  const shell = customTool({ name: 'shell', onUnknownOutcome: 'ask', execute: (command) => command });
  const other = new Agent({ name: 'billing', model: scriptedModel([], { name: 'small' }) });
  const agent = new Agent({
    name: 'desk',
    description: 'Answers.',
    version: '3',
    model: scriptedModel([], { name: 'big' }),
    models: [scriptedModel([], { name: 'small' })],
    instructions: 'Be brief.',
    tools: [open, ask, shell, other.asTool({ name: 'bill', description: 'Bills.' })],
    handoffs: () => [other],
    limits: { tokens: 500 },
    middleware: [inputGuard({ name: 'no_secrets', mode: 'blocking', check: () => ({ type: 'allow' }) })],
    output: z.object({ answer: z.string() }),
    modelSettings: { temperature: 0 },
  });
  const host = memoryHost();
  const send = askInspector(host, {
    agents: [agent, { agent: other, context: () => undefined }],
    models: [scriptedModel([], { name: 'extra' })],
  });
  const { data } = await send('/agents');
  expect(data).toEqual([
    {
      name: 'desk',
      description: 'Answers.',
      model: 'big',
      models: ['big', 'extra', 'small'],
      tools: ['open', 'ask', 'shell', 'bill'],
    },
    { name: 'billing', model: 'small', models: ['small', 'extra'], tools: [] },
  ]);
  const view = await send('/agents/desk');
  expect(view).toMatchObject({
    version: '3',
    instructions: 'Be brief.',
    handoffs: ['billing'],
    limits: { tokens: 500, turns: 20, handoffs: 10 },
    output: { type: 'object', properties: { answer: { type: 'string' } } },
    modelSettings: { temperature: 0 },
    middleware: [{ hooks: ['prepareTurn'], isTextGuard: false }],
    toolViews: [
      {
        name: 'open',
        needsApproval: 'always',
        exclusive: true,
        effect: 'non-idempotent',
        strictSchema: null,
        kind: 'function',
      },
      { name: 'ask', needsApproval: 'sometimes', hasExternalResult: true, strictReport: [], approvalTimeoutMs: null },
      { name: 'shell', kind: 'custom', onUnknownOutcome: 'ask' },
      { name: 'bill', isAgent: true },
    ],
  });
  expect(view.toolViews[0].strictReport.length).toBeGreaterThan(0);
  expect(view.toolViews[1].strictSchema).toMatchObject({ required: ['question'], additionalProperties: false });
  expect(view.toolViews[1].schema).not.toHaveProperty('required');
  await expect(send('/agents/none')).rejects.toThrow('404');
});

test('a budget shows what is spent, reserved and left, and by whom, while the run is at work', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  const usage = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 };
  const model = scriptedModel(
    [
      respond.calls([{ name: 'echo', arguments: { text: 'a' } }], { usage }),
      respond.delayed(respond.text('Done.', { usage }), { until: promise }),
    ],
    { price: { input: 1_000, output: 2_000 } },
  );
  const agent = new Agent({ name: 'desk', model, tools: [ECHO], modelSettings: { max_completion_tokens: 200 } });
  const host = memoryHost();
  const outcome = agent.run('Hi.', { host, runId: 'run', limits: { tokens: 5_000, cost: 10, turns: 5 } }).outcome();
  await expect.poll(() => model.requests.length).toBe(2);
  const ask = askInspector(host, { agents: [agent] });
  const { limits, isHere } = await ask('/budget/run');
  expect(isHere).toBe(true);
  const byName = new Map(limits.map((limit: { readonly name: string }) => [limit.name, limit]));
  expect(byName.get('turns')).toMatchObject({
    max: 5,
    spent: 1,
    reserved: 0,
    left: 4,
    spentBy: [{ agent: 'desk', spent: 1 }],
  });
  expect(byName.get('toolCalls')).toMatchObject({
    max: null,
    left: null,
    spent: 1,
    spentBy: [{ agent: 'desk', tool: 'echo', spent: 1 }],
  });
  const tokens = byName.get('tokens') as { readonly reserved: number; readonly left: number };
  expect(tokens).toMatchObject({ max: 5_000, spent: 150 });
  expect(tokens.reserved).toBeGreaterThan(200);
  expect(tokens.left).toBe(5_000 - 150 - tokens.reserved);
  expect(byName.get('cost')).toMatchObject({ max: 10, spent: 0.2 });
  resolve();
  await outcome;
  const after = await ask('/budget/run');
  expect(after.isHere).toBe(false);
  expect(after.limits.find(({ name }: { readonly name: string }) => name === 'tokens')).toMatchObject({
    spent: 300,
    reserved: null,
  });
});

test('the session tells the version of the package', async () => {
  expect(await askInspector(memoryHost())('/session')).toMatchObject({
    version: manifest.version,
    source: 'process',
    hasWire: false,
  });
});
