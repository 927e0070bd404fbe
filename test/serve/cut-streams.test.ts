import { join } from 'node:path';
import { Agent, memoryHost, openai } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { serve } from '@pawl/serve';
import { manualClock, offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { createResponder, createScenarioAgent, type Scenario } from '../invariants/scenario.ts';
import { scenarios } from '../invariants/scenarios.ts';
import { tryCuts } from './each-cut.ts';
import { findLastId, parseMessages, readBytes, type ShownRun, type StreamMessage, showRun } from './event-client.ts';
import { startServer } from './serve-agents.ts';

/** Plays a scenario to its end over `fetch`. Returns how to read its events. */
async function playScenario(scenario: Scenario): Promise<(after: string) => Promise<string>> {
  const clock = manualClock();
  const model = scriptedModel(createResponder(scenario));
  const agent = createScenarioAgent(scenario, { started: [], model, clock }, { name: 'played' });
  const host = memoryHost();
  const server = serve({ agents: [agent], host, resumeEveryMs: 0, details: true });
  onTestFinished(server.close);
  const send = async (path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<string> => {
    const init = {
      headers: { 'content-type': 'application/json', ...headers },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    };
    const response = await server.fetch(new Request(`http://localhost${path}`, init));
    return response.text();
  };
  const { input = 'Go.' } = scenario;
  const asked = typeof input === 'string' ? { input } : { messages: input };
  let state = JSON.parse(await send('/v1/runs', { agent: 'played', ...asked }));
  while (state.status === 'suspended') {
    for (const pending of state.pending) {
      await host.answer(
        state.id,
        pending.id,
        scenario.answer?.(pending) ?? { type: 'deny', fingerprint: pending.fingerprint },
      );
    }
    await send(`/v1/runs/${state.id}/resume`, {});
    await send(`/v1/runs/${state.id}/events`); // Until the run has ended, or waits again.
    state = JSON.parse(await send(`/v1/runs/${state.id}`));
  }
  return (after) => send(`/v1/runs/${state.id}/events`, undefined, after === '' ? {} : { 'last-event-id': after });
}

describe('a stream that is cut at any byte and read on gives the same run', () => {
  // `serve` has no flows.
  test.each(scenarios.filter(({ steering, flow }) => steering === undefined && flow === undefined))(
    '$name',
    async (scenario) => {
      const read = await playScenario(scenario);
      const whole = await read('');
      const expected = showRun(parseMessages(whole));
      expect(expected.hasEnd).toBe(true);
      const bytes = Buffer.from(whole);
      // Equal messages before a cut are equal requests after it: their answers are read once.
      const rests = new Map<string, Promise<string>>();
      const readAfter = (id: string): Promise<string> => {
        const rest = rests.get(id) ?? read(id);
        rests.set(id, rest);
        return rest;
      };
      const check = async (cutAt: number): Promise<void> => {
        const before = parseMessages(bytes.subarray(0, cutAt).toString());
        const after = before.at(-1)?.event === 'end' ? [] : parseMessages(await readAfter(findLastId(before)));
        expect(showRun([...before, ...after])).toEqual(expected);
      };
      await tryCuts(bytes.length, { count: 15, check });
    },
  );
});

const TEXT = 'Grüße aus 東京: der Zug fährt um neun Uhr ab 🚄, und kommt um zwölf an.';

interface HeldRun {
  readonly url: string;
  readonly runId: string;
  /** The response that begins the run, at the pause in the model's text. */
  readonly response: Response;
  readonly release: () => void;
}

/** Begins a run whose model pauses in its text. */
async function beginHeldRun(afterChunks: number, path?: string): Promise<HeldRun> {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  const model = await offlineServer({ script: [respond.stall(respond.text(TEXT), { afterChunks, until: promise })] });
  onTestFinished(() => model.close());
  const agent = new Agent({ name: 'held', model: openai('m', { baseURL: model.baseURL }) });
  const host = path === undefined ? memoryHost() : sqliteHost(path);
  onTestFinished(() => host.close({ graceMs: 0 }));
  const { url, send } = await startServer({ agents: [agent], host });
  const response = await send(
    '/v1/runs',
    { agent: 'held', input: 'Go.' },
    { headers: { accept: 'text/event-stream' } },
  );
  return { url, runId: response.headers.get('pawl-run-id') ?? '', response, release: resolve };
}

/** The text of a response, read in parts. */
class TextStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor({ body }: Response) {
    this.#reader = body?.getReader();
  }

  async readUntil(end: string): Promise<string> {
    while (!this.#text.includes(end)) if (!(await this.#readMore())) break;
    return this.#text;
  }

  async readAll(): Promise<string> {
    while (await this.#readMore());
    return this.#text;
  }

  async cancel(): Promise<void> {
    await this.#reader?.cancel();
  }

  async #readMore(): Promise<boolean> {
    const next = await this.#reader?.read();
    if (next?.value === undefined) return false;
    this.#text += this.#decoder.decode(next.value, { stream: true });
    return true;
  }
}

/** Reads until the model pauses, then ends the connection. */
async function readUntilPause(response: Response, until: string): Promise<string> {
  const stream = new TextStream(response);
  const text = await stream.readUntil(until);
  await stream.cancel();
  return text;
}

async function readOn(
  url: string,
  { runId, before }: { runId: string; before: readonly StreamMessage[] },
): Promise<readonly StreamMessage[]> {
  const last = findLastId(before);
  const response = await fetch(`${url}/v1/runs/${runId}/events`, {
    headers: last === '' ? {} : { 'last-event-id': last },
  });
  return parseMessages(await response.text());
}

describe('a stream that is cut while the model writes', () => {
  const written = 'neun ';

  test('continues exactly where it was cut, at any byte', async () => {
    const { response, runId, release, url } = await beginHeldRun(8);
    const seen = Buffer.from(await readUntilPause(response, written));
    // Each reader lacks the last piece at least, so that it is known when it has read what there is.
    const end = seen.lastIndexOf('data: ');
    const cuts = Array.from({ length: 25 }, (_, index) => Math.floor((end * index) / 24));
    const readers = await Promise.all(
      cuts.map(async (cut) => {
        const before = parseMessages(seen.subarray(0, cut).toString());
        const last = findLastId(before);
        const next = await fetch(`${url}/v1/runs/${runId}/events`, {
          headers: last === '' ? {} : { 'last-event-id': last },
        });
        const stream = new TextStream(next);
        await stream.readUntil(written);
        return { before, stream };
      }),
    );
    release();
    for (const { before, stream } of readers) {
      const after = parseMessages(await stream.readAll());
      const shown: ShownRun = showRun([...before, ...after]);
      expect(shown.texts).toEqual({ ' 1': TEXT });
      expect(shown.hasEnd).toBe(true);
      expect(after.some(({ data }) => data.includes('attempt.discarded'))).toBe(false);
    }
  });

  test('begins the turn again in another process', async () => {
    const path = join(createFolder(), 'runs.db');
    const { response, runId, release } = await beginHeldRun(8, path);
    const before = parseMessages(await readUntilPause(response, written));
    const other = sqliteHost(path);
    onTestFinished(() => other.close());
    const reader = await startServer({ agents: [new Agent({ name: 'held', model: scriptedModel([]) })], host: other });
    const rest = readOn(reader.url, { runId, before });
    release();
    const after = await rest;
    expect(showRun([...before, ...after]).texts).toEqual({ ' 1': TEXT });
    expect(after.some(({ data }) => data.includes('attempt.discarded'))).toBe(true);
  });

  test('goes on without its reader', async () => {
    const { response, runId, release, url } = await beginHeldRun(3);
    await readBytes(response, 10);
    release();
    expect(showRun(await readOn(url, { runId, before: [] })).texts).toEqual({ ' 1': TEXT });
  });
});

test.each(['x', '1.', '-1', '1.a-1-1', '1.a-1-1-x', '9'.repeat(20)])('refuses the event id %j', async (id) => {
  const { send } = await startServer({
    agents: [new Agent({ name: 'a', model: scriptedModel([respond.text('Hi.')]) })],
  });
  const run = await (await send('/v1/runs', { agent: 'a', input: 'Go.' })).json();
  const refused = await send(`/v1/runs/${run.id}/events?after=${encodeURIComponent(id)}`);
  expect(refused.status).toBe(400);
});
