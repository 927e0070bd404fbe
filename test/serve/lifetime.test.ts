import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, memoryHost, type Outcome, openai } from '@pawl/core';
import { serve } from '@pawl/serve';
import { manualClock, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { findLastId, parseMessages, readBytes, showRun } from './event-client.ts';
import { createEchoAgent, type RunningServer, startServer } from './serve-agents.ts';
import { startProcess } from './start-process.ts';

interface HeldServer extends RunningServer {
  readonly host: Host;
  readonly release: () => void;
}

/** A server whose model answers when it is released. */
async function startHeld(
  options: Partial<Parameters<typeof serve>[0]> = {},
  given: { graceMs?: number } = {},
): Promise<HeldServer> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  const model = scriptedModel(() => respond.delayed(respond.text('Done.'), { until: promise }));
  const host = memoryHost();
  const server = await startServer({ agents: [createEchoAgent({ model })], host, ...options }, given);
  return { ...server, host, release: () => resolve() };
}

const asked = { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] };

async function findOutcome(host: Host): Promise<Outcome<unknown> | undefined> {
  const [run] = await host.listRuns();
  return run?.outcome;
}

describe('a server that closes', () => {
  test('lets open requests end, and accepts no more', async () => {
    const { send, close, release, url, host } = await startHeld({}, { graceMs: 10_000 });
    const coming = send('/v1/chat/completions', asked);
    await expect.poll(() => host.listRuns()).toHaveLength(1);
    const closed = close();
    await expect
      .poll(() =>
        fetch(`${url}/healthz`).then(
          () => 'answered',
          () => 'refused',
        ),
      )
      .toBe('refused');
    release();
    expect((await coming).status).toBe(200);
    await closed;
  });

  test('ends what does not end by itself: no stream pretends that the run has ended', async () => {
    const { send, close, host } = await startHeld();
    const whole = send('/v1/chat/completions', asked);
    const chat = await send('/v1/chat/completions', { ...asked, stream: true });
    const [run] = await host.listRuns();
    const events = await send(`/v1/runs/${run?.runId}/events`);
    await close();
    expect((await whole).status).toBe(503);
    const text = await chat.text();
    expect(text).toContain('"code":"stream.closed"');
    expect(text).not.toContain('"finish_reason":"stop"');
    expect(await events.text()).not.toContain('event: end');
    expect((await host.listRuns()).map(({ status }) => status)).toEqual(['running', 'running']);
  });
});

describe('onDisconnect', () => {
  async function leave({ send, host }: HeldServer): Promise<void> {
    const response = await send('/v1/chat/completions', { ...asked, stream: true });
    await readBytes(response, 10);
    expect(await host.listRuns()).toHaveLength(1);
  }

  test('"continue": the run ends without its client', async () => {
    const held = await startHeld();
    await leave(held);
    held.release();
    await expect.poll(async () => (await findOutcome(held.host))?.status).toBe('completed');
  });

  test('"abort": the run ends with its last client', async () => {
    const held = await startHeld({ onDisconnect: 'abort' });
    const [run] = [await held.send('/v1/chat/completions', { ...asked, stream: true })];
    const second = await held.send(`/v1/runs/${run?.headers.get('pawl-run-id')}/events`);
    await run?.body?.cancel();
    expect((await held.send('/v1/models')).status).toBe(200);
    expect(await findOutcome(held.host)).toBeUndefined();
    await second.body?.cancel();
    await expect
      .poll(() => findOutcome(held.host))
      .toMatchObject({ status: 'aborted', reason: 'The client has gone.' });
  });

  test('"abort" ends the run of an unstreamed request, too', async () => {
    const held = await startHeld({ onDisconnect: 'abort' });
    const leaving = new AbortController();
    const coming = held.send('/v1/chat/completions', asked, { signal: leaving.signal });
    await expect.poll(() => held.host.listRuns()).toHaveLength(1);
    leaving.abort();
    await expect(coming).rejects.toThrow();
    await expect.poll(() => findOutcome(held.host)).toMatchObject({ status: 'aborted' });
  });

  test('{ graceMs }: the run ends if no client comes back in time', async () => {
    const clock = manualClock();
    const held = await startHeld({ onDisconnect: { graceMs: 5_000 }, clock });
    await leave(held);
    const [run] = await held.host.listRuns();
    const back = await held.send(`/v1/runs/${run?.runId}/events`);
    await clock.advance(6_000);
    expect(await findOutcome(held.host)).toBeUndefined();
    await back.body?.cancel();
    await expect
      .poll(async () => {
        await clock.advance(6_000);
        return findOutcome(held.host);
      })
      .toMatchObject({ status: 'aborted' });
  });
});

test('a comment keeps an idle stream open', async () => {
  const clock = manualClock();
  const held = await startHeld({ clock });
  const response = await held.send('/v1/chat/completions', { ...asked, stream: true });
  let text = '';
  const reading = readUntilEnd(response, (part) => {
    text += part;
  });
  await expect
    .poll(async () => {
      await clock.advance(16_000);
      return text;
    })
    .toContain(': keep-alive\n\n');
  held.release();
  expect(await reading).toContain('[DONE]');
});

test('a client that does not read delays nobody, and is closed', async () => {
  const words = Array.from({ length: 12_000 }, (_, index) => `word${index}`).join(' ');
  const model = await offlineServer({ script: [respond.text(words)] });
  onTestFinished(() => model.close());
  const server = serve({
    agents: [createEchoAgent({ model: openai('m', { baseURL: model.baseURL }) })],
    host: memoryHost(),
    resumeEveryMs: 0,
  });
  onTestFinished(server.close);
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...asked, stream: true }),
  };
  const slow = await server.fetch(new Request('http://localhost/v1/chat/completions', init));
  const id = slow.headers.get('pawl-run-id');
  const quick = await server.fetch(new Request(`http://localhost/v1/runs/${id}/events`));
  const shown = showRun(parseMessages(await quick.text()));
  expect(shown.texts).toEqual({ ' 1': words });
  await expect(slow.text()).rejects.toThrow('too slowly');
  const rest = await server.fetch(new Request(`http://localhost/v1/chat/completions/${id}`));
  expect(((await rest.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content).toBe(
    words,
  );
});

describe('a server process', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'that ends by %s: the next one goes on with its run, and repeats no tool',
    async (signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      onTestFinished(() => resolve());
      const model = await offlineServer({
        script: ({ messages }) =>
          messages.at(-1)?.role === 'tool'
            ? respond.delayed(respond.text('All is paid.'), { until: promise })
            : respond.call('pay'),
      });
      onTestFinished(() => model.close());
      const folder = createFolder();
      const ledger = join(folder, 'ledger.txt');
      const args = [join(folder, 'runs.db'), ledger, model.baseURL];
      const first = await startProcess(args);
      const init = { method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream' } };
      const begun = await fetch(`${first.url}/v1/runs`, {
        ...init,
        body: JSON.stringify({ agent: 'payer', input: 'Pay.' }),
      });
      const runId = begun.headers.get('pawl-run-id');
      await expect.poll(() => existsSync(ledger)).toBe(true);
      const reading = readUntilEnd(begun);
      await expect.poll(() => model.requests.length).toBe(2);
      first.child.kill(signal);
      const [code, by] = await once(first.child, 'exit');
      expect([code, by]).toEqual([null, signal]);
      const before = parseMessages(await reading);
      expect(before.at(-1)?.event).not.toBe('end');
      resolve();
      const second = await startProcess(args);
      const last = findLastId(before);
      const rest = await fetch(`${second.url}/v1/runs/${runId}/events`, { headers: { 'last-event-id': last } });
      const shown = showRun([...before, ...parseMessages(await rest.text())]);
      expect(shown).toMatchObject({ hasEnd: true, texts: { ' 2': 'All is paid.' }, outcome: { status: 'completed' } });
      expect(readFileSync(ledger, 'utf8')).toBe('paid\n');
    },
  );
});

/** What arrived until the connection ended, in whatever way. */
async function readUntilEnd({ body }: Response, onPart: (text: string) => void = () => undefined): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of body ?? []) {
      parts.push(part);
      onPart(Buffer.from(part).toString());
    }
  } catch {
    // The process was killed.
  }
  return Buffer.concat(parts).toString();
}
