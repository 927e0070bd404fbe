import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { AgUiClient } from './ag-ui-client.ts';
import { sendRaw } from './send-raw.ts';
import { createGate, startThread } from './start-thread.ts';

test('a request that is sent again runs the agent once: by runId, or by a key', async () => {
  const { url, lookedUp, send } = await startThread(
    scriptedModel(({ messages }) =>
      messages.at(-1)?.role === 'tool' ? respond.text('Found.') : respond.call('look_up', { order: '7' }),
    ),
  );
  const body = { threadId: 'a', runId: 'r1', messages: [{ id: 'u1', role: 'user', content: 'Look.' }] };
  const responses = await Promise.all([1, 2, 3].map(async () => (await send('/ag-ui/support', body)).text()));
  expect(responses.every((text) => text.includes('RUN_FINISHED'))).toBe(true);
  expect(lookedUp).toEqual(['7']);
  const conflict = await send('/ag-ui/support', { ...body, messages: [{ id: 'u1', role: 'user', content: 'Pay.' }] });
  expect(conflict.status).toBe(422);
  expect((await conflict.json()).error.code).toBe('run.conflict');
  const keyed = { headers: { 'idempotency-key': 'k1' } };
  for (const runId of ['r2', 'r2'])
    await (await send('/ag-ui/support', { ...body, runId, threadId: 'b' }, keyed)).text();
  expect(lookedUp).toEqual(['7', '7']);
  expect(url).toContain('127.0.0.1');
});

test('with onDisconnect "abort", a client that disconnects ends the run', async () => {
  const gate = createGate();
  const { url, send } = await startThread(
    scriptedModel(() => respond.delayed(respond.text('Late.'), { until: gate.opened })),
    { onDisconnect: 'abort' },
  );
  const client = new AgUiClient(url, { threadId: 'a' });
  await client.ask('Wait.', { onEvent: ({ type }) => type === 'RUN_STARTED' && client.agent.abortRun() });
  const list = async () => (await (await send('/v1/runs')).json()).data[0]?.status;
  await expect.poll(list).toBe('aborted');
  gate.open();
  const { outcome } = await client.run({ runId: 'r2' });
  expect(outcome).toBe('success');
});

test('too many runs get 429', async () => {
  const gate = createGate();
  const model = scriptedModel(() => respond.delayed(respond.text('Done.'), { until: gate.opened }));
  const { url } = await startThread(model, { maxRunning: { total: 1, perPrincipal: 1 } });
  const first = new AgUiClient(url);
  const begun = Promise.withResolvers<void>();
  const running = first.ask('One.', { onEvent: ({ type }) => type === 'RUN_STARTED' && begun.resolve() });
  await begun.promise;
  expect((await new AgUiClient(url).ask('Two.')).failure).toMatchObject({ status: 429 });
  gate.open();
  expect((await running).outcome).toBe('success');
});

test.each([
  ['another method', { method: 'GET' }, 405],
  ['no JSON', { headers: { 'content-type': 'text/plain' } }, 415],
  ['another site', { headers: { 'content-type': 'application/json', origin: 'https://evil.example' } }, 403],
  ['another host', { headers: { 'content-type': 'application/json', host: 'evil.example' } }, 421],
  ['another format', { headers: { 'content-type': 'application/json', accept: 'application/x-ag-ui' } }, 406],
  ['an unknown agent', { path: '/ag-ui/nobody' }, 404],
  ['a large body', { body: JSON.stringify({ threadId: 'x'.repeat(2_000) }) }, 413],
  ['no thread', { body: '{"runId":"r","messages":[]}' }, 400],
  ['a message without id', { body: '{"threadId":"a","runId":"r","messages":[{"role":"user","content":"x"}]}' }, 400],
  ['messages that are none', { body: '{"threadId":"a","runId":"r","messages":{}}' }, 400],
  ['a tool without name', { body: '{"threadId":"a","runId":"r","messages":[],"tools":[{}]}' }, 400],
  [
    'an answer without status',
    { body: '{"threadId":"a","runId":"r","messages":[],"resume":[{"interruptId":"i"}]}' },
    400,
  ],
] as const)('%s is refused with a status', async (_, request: Record<string, unknown>, status) => {
  const { url } = await startThread(scriptedModel([]), { maxBodyBytes: 1_000 });
  const { path = '/ag-ui/support', ...init } = request;
  const defaults = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  const sent = init['method'] === 'GET' ? init : { ...defaults, ...init };
  expect((await sendRaw(`${url}${String(path)}`, sent)).status).toBe(status);
});

test('the face is off unless it is named', async () => {
  const { send } = await startThread(scriptedModel([]), { faces: ['chat', 'runs', 'ui'] });
  expect((await send('/ag-ui/support', {})).status).toBe(404);
});

test('images and documents reach the model; what it cannot get is left out, and named', async () => {
  const seen: unknown[] = [];
  const model = scriptedModel(({ messages }) => {
    seen.push(messages.at(-1)?.content);
    return respond.text('Seen.');
  });
  const { send } = await startThread(model, { mediaUrls: 'data-only' });
  const ask = (content: unknown, runId: string) =>
    send('/ag-ui/support', { threadId: runId, runId, messages: [{ id: 'u', role: 'user', content }] });
  const data = { type: 'data', value: 'aGk=', mimeType: 'image/png' };
  const document = { type: 'data', value: 'aGk=', mimeType: 'application/pdf' };
  const response = await ask(
    [
      { type: 'text', text: 'Look.' },
      { type: 'image', source: data },
      { type: 'video', source: { ...data, mimeType: 'video/mp4' } },
      { type: 'document', source: document, metadata: { filename: 'a.pdf' } },
      { type: 'document', source: { type: 'file', value: 'file-of-another-tenant' } },
    ],
    'r1',
  );
  expect(await response.text()).toContain(
    '"name":"pawl.ignored","value":{"places":["messages[0].content[2]","messages[0].content[4]"]}',
  );
  expect(seen).toEqual([
    [
      { type: 'text', text: 'Look.' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
      { type: 'file', file: { file_data: 'data:application/pdf;base64,aGk=', filename: 'a.pdf' } },
    ],
  ]);
  const image = { type: 'image', source: { type: 'url', value: 'https://example.com/a.png' } };
  expect((await ask([image], 'r2')).status).toBe(400);
});
