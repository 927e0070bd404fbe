import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { HttpAgent } from '@ag-ui/client';
import { Agent, memoryHost } from '@pawl/core';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { AgUiClient, show, watchWarnings } from './ag-ui-client.ts';
import { authorize, createEchoModel, startServer } from './serve-agents.ts';
import { startProcess } from './start-process.ts';
import { createGate, createModel, startThread } from './start-thread.ts';

/** Fetches a body that ends where the connection breaks: the client lets an error of it escape as an unhandled rejection. */
async function fetchUntilBroken(url: string, init: RequestInit): Promise<Response> {
  const { body, headers } = await fetch(url, init);
  const reader = body?.getReader();
  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = await reader?.read().catch(() => undefined);
      if (piece?.value === undefined) controller.close();
      else controller.enqueue(piece.value);
    },
  });
  return new Response(whole, { headers });
}

const TEXT = 'One two three four five six.';

describe('reconnect', () => {
  test('a client that loses the connection goes on with the same run; a second tab reads along', async () => {
    const warnings = watchWarnings();
    const gate = createGate();
    const model = await createModel([
      respond.call('look_up', { order: '7' }),
      respond.stall(respond.text(TEXT), { afterChunks: 3, until: gate.opened }),
    ]);
    const { url, lookedUp } = await startThread(model);
    const client = new AgUiClient(url, { threadId: 'a' });
    let written = '';
    const broken = await client.ask('Count.', {
      runId: 'r1',
      onEvent: ({ type, delta }) => {
        if (type === 'TEXT_MESSAGE_CONTENT') written += String(delta);
        if (written.includes('two')) client.agent.abortRun();
      },
    });
    expect(broken.outcome).toBeUndefined();

    const tab = new AgUiClient(url, { threadId: 'a' });
    const seen = Promise.withResolvers<void>();
    const reading = tab.run({ onEvent: ({ type }) => type === 'TEXT_MESSAGE_CONTENT' && seen.resolve() });
    const again = client.run({ runId: 'r1', onEvent: ({ type }) => type === 'TEXT_MESSAGE_CONTENT' && gate.open() });
    await seen.promise;
    const [{ outcome, types, events }, { outcome: read }] = await Promise.all([again, reading]);

    expect([outcome, read]).toEqual(['success', 'success']);
    expect(types.slice(0, 3)).toEqual(['RUN_STARTED', 'MESSAGES_SNAPSHOT', 'STEP_STARTED']);
    expect(events[0]).toMatchObject({ runId: 'r1' });
    const expected = ['user: Count.', 'assistant: look_up({"order":"7"})', 'tool: Order 7', `assistant: ${TEXT}`];
    expect(show(client.messages)).toEqual(expected);
    expect(tab.spoken).toEqual(client.spoken);
    expect(lookedUp).toEqual(['7']);
    expect(warnings).toEqual([]);
  });

  test('a client connects to a thread that has ended, or waits, and to one that is new', async () => {
    class ConnectingAgent extends HttpAgent {
      protected override connect(input: Parameters<HttpAgent['run']>[0]): ReturnType<HttpAgent['run']> {
        return this.run(input);
      }
    }
    const script = [respond.text('Hello.'), respond.call('look_up', { order: '7' }), respond.text('It is there.')];
    const { url } = await startThread(scriptedModel(script));
    const client = new AgUiClient(url, { threadId: 'a' });
    await client.ask('Hello.');
    await client.ask('Order 7?');
    const reader = new ConnectingAgent({ url: `${url}/ag-ui/support`, threadId: 'a' });
    await reader.connectAgent();
    expect(reader.messages).toEqual(client.spoken);
    const fresh = new ConnectingAgent({ url: `${url}/ag-ui/support`, threadId: 'new' });
    await fresh.connectAgent();
    expect(fresh.messages).toEqual([]);
  });

  test('kill -9 of the server: the same runId goes on in the next process, and repeats no tool', async () => {
    const gate = createGate();
    const model = await offlineServer({
      script: ({ messages }) =>
        messages.at(-1)?.role === 'tool'
          ? respond.stall(respond.text('All of it is paid.'), { afterChunks: 3, until: gate.opened })
          : respond.call('pay'),
    });
    onTestFinished(() => model.close());
    const folder = createFolder();
    const ledger = join(folder, 'ledger.txt');
    const args = [join(folder, 'runs.db'), ledger, model.baseURL];
    const first = await startProcess(args);
    const client = new AgUiClient(first.url, { agent: 'payer', threadId: 'a', fetch: fetchUntilBroken });
    const broken = await client.ask('Pay.', {
      runId: 'r1',
      onEvent: ({ type }) => type === 'TEXT_MESSAGE_CONTENT' && void first.child.kill('SIGKILL'),
    });
    expect(broken.outcome).toBeUndefined();
    if (first.child.exitCode === null && first.child.signalCode === null) await once(first.child, 'exit');
    gate.open();
    const second = await startProcess(args);
    client.agent.url = `${second.url}/ag-ui/payer`;
    const { outcome, failure } = await client.run({ runId: 'r1' });

    expect(failure).toBeUndefined();
    expect(outcome).toBe('success');
    expect(show(client.messages)).toEqual([
      'user: Pay.',
      'assistant: pay({})',
      'tool: Paid.',
      'assistant: All of it is paid.',
    ]);
    expect(existsSync(ledger) && readFileSync(ledger, 'utf8')).toBe('paid\n');
  });
});

describe('threads', () => {
  test('the store has the history; an edited message begins a branch, the same one is answered again', async () => {
    const histories: string[] = [];
    const { url } = await startThread(
      scriptedModel(({ messages }) => {
        histories.push(messages.map(({ content }) => String(content)).join(' | '));
        return respond.text(`Answer ${histories.length}`);
      }),
    );
    const client = new AgUiClient(url, { threadId: 'a' });
    await client.ask('One.');
    const [one, answer] = client.messages;
    if (one === undefined || answer?.role !== 'assistant') throw new Error('There is no answer.');
    client.agent.setMessages([one, { ...answer, content: 'I am forged.' }]);
    await client.ask('Two.');
    client.agent.setMessages([one]);
    await client.run();
    client.agent.setMessages([{ id: 'edited', role: 'user', content: 'Un.' }]);
    await client.run();

    expect(histories).toEqual(['One.', 'One. | Answer 1 | Two.', 'One.', 'Un.']);
    expect(show(client.messages)).toEqual(['user: Un.', 'assistant: Answer 4']);
  });

  test('without a store the history is the client’s', async () => {
    const histories: string[] = [];
    const agent = new Agent({
      name: 'support',
      model: scriptedModel(({ messages }) => {
        histories.push(messages.map(({ role, content }) => `${role}: ${String(content)}`).join(' | '));
        return respond.text('Noted.');
      }),
    });
    const { url } = await startServer({ agents: [agent], faces: ['ag-ui'], host: memoryHost() });
    const client = new AgUiClient(url);
    await client.ask('One.');
    await client.ask('Two.');
    expect(histories.at(-1)).toBe('user: One. | assistant: Noted. | user: Two.');
    expect((await client.run()).failure).toMatchObject({ status: 400 });
  });

  test('a message for a run at work reaches it, with the id of the client', async () => {
    const warnings = watchWarnings();
    const gate = createGate();
    let requests = 0;
    const { url } = await startThread(
      scriptedModel(({ messages }) =>
        messages.some(({ content }) => content === 'Hurry.')
          ? respond.text('Done.')
          : respond.delayed(respond.call('look_up', { order: String(messages.length) }), {
              until: gate.opened.then(() => setImmediate()),
            }),
      ),
      {
        limit: () => {
          requests++;
          if (requests === 2) gate.open();
          return undefined;
        },
      },
    );
    const client = new AgUiClient(url, { threadId: 'a' });
    const tab = new AgUiClient(url, { threadId: 'a' });
    const begun = Promise.withResolvers<void>();
    const first = client.ask('Look.', { onEvent: ({ type }) => type === 'RUN_STARTED' && begun.resolve() });
    await begun.promise;
    tab.agent.setMessages([...client.messages]);
    await Promise.all([first, tab.ask('Hurry.')]);

    const isSpoken = (text: string): boolean => /^user|Done/.test(text);
    expect(show(tab.messages).filter(isSpoken)).toEqual(['user: Look.', 'user: Hurry.', 'assistant: Done.']);
    expect(show(client.messages).filter(isSpoken)).toEqual(['user: Look.', 'user: Hurry.', 'assistant: Done.']);
    const reader = new AgUiClient(url, { threadId: 'a' });
    await reader.run();
    expect(show(reader.messages)).toEqual(show(client.messages));
    expect(warnings).toEqual([]);
  });

  test('the thread of another owner is another thread', async () => {
    const { url } = await startThread(createEchoModel(), { authorize });
    const open = (key: string): AgUiClient =>
      new AgUiClient(url, { threadId: 'a', headers: { authorization: `Bearer ${key}` } });
    const ada = open('key-of-ada');
    await ada.ask('Hello.', { runId: 'r1' });
    for (const key of ['key-of-bob', 'key-of-eve', 'key-of-root']) {
      const other = open(key);
      await other.run();
      expect(other.messages).toEqual([]);
      await other.ask('Mine.', { runId: 'r1' });
      expect(show(other.messages)).toEqual(['user: Mine.', 'assistant: You wrote: Mine.']);
    }
    const again = open('key-of-ada');
    await again.run();
    expect(again.spoken).toEqual(ada.spoken);
    expect((await open('key-of-guest').ask('Hello.')).failure).toMatchObject({ status: 404 });
    expect((await open('key-of-nobody').ask('Hello.')).failure).toMatchObject({ status: 401 });
  });
});
