import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, memoryHost, openai } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import OpenAI from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFolder } from '../folder.ts';
import { responseEventProblems } from '../reference/responses-validators.ts';
import { tryCuts } from './each-cut.ts';
import { collect, readData, startServer } from './serve-agents.ts';
import { servedScenarios, serveScenario } from './serve-scenario.ts';
import { startProcess } from './start-process.ts';

type Event = OpenAI.Responses.ResponseStreamEvent;

/** The whole events of a part of a stream. */
function readEvents(text: string): readonly Event[] {
  return readData(text.slice(0, text.lastIndexOf('\n\n') + 2)) as readonly Event[];
}

/** The texts of the messages as a client shows them: an item at an index replaces the one that was there. */
function showTexts(events: readonly Event[]): readonly string[] {
  const texts = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'response.output_item.added') texts.delete(event.output_index);
    if (event.type === 'response.output_item.added' && event.item.type === 'message') texts.set(event.output_index, '');
    if (event.type === 'response.output_text.delta') {
      texts.set(event.output_index, `${texts.get(event.output_index)}${event.delta}`);
    }
  }
  return [...texts.values()];
}

const findLast = (events: readonly Event[]): number | undefined => events.at(-1)?.sequence_number;

describe('a response that is cut at any byte and read on has the same events', () => {
  test.each(servedScenarios)('$name', async (scenario) => {
    const send = serveScenario(scenario, { faces: ['responses'] });
    const begun = await send('/v1/responses', { model: 'played', input: scenario.input ?? 'Go.', stream: true });
    await begun.text();
    const id = begun.headers.get('pawl-run-id');
    const read = async (after = ''): Promise<string> => (await send(`/v1/responses/${id}?stream=true${after}`)).text();
    const whole = await read();
    const expected = readEvents(whole);
    const bytes = Buffer.from(whole);
    // Cuts within one event leave the same whole events, and are checked once.
    const checked = new Set<number | undefined>();
    const check = async (cutAt: number): Promise<void> => {
      const before = readEvents(bytes.subarray(0, cutAt).toString());
      const last = findLast(before);
      if (checked.has(last)) return;
      checked.add(last);
      const after =
        last === expected.at(-1)?.sequence_number
          ? ''
          : await read(last === undefined ? '' : `&starting_after=${last}`);
      expect([...before, ...readEvents(after)]).toEqual(expected);
    };
    await tryCuts(bytes.length, { count: 4, check });
  });
});

const TEXT = 'Grüße aus 東京: der Zug fährt um neun Uhr ab 🚄, und kommt um zwölf an.';

describe('a response that is cut while the model writes', () => {
  /** Begins a run whose model pauses in its text. */
  async function beginHeld(path?: string) {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    onTestFinished(() => release());
    const model = await offlineServer({
      script: [respond.stall(respond.text(TEXT), { afterChunks: 8, until: promise })],
    });
    onTestFinished(() => model.close());
    const agent = new Agent({ name: 'held', model: openai('m', { baseURL: model.baseURL }) });
    const host = path === undefined ? memoryHost() : sqliteHost(path);
    onTestFinished(() => host.close({ graceMs: 0 }));
    const { url } = await startServer({ agents: [agent], host, faces: ['responses'] });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const stream = await client.responses.create({ model: 'held', input: 'Go.', stream: true });
    const seen = await readUntil(stream, (events) => showTexts(events).join('').includes('neun '));
    const [first] = seen;
    const id = first?.type === 'response.created' ? first.response.id : '';
    return { client, id, seen, release };
  }

  async function readUntil(
    stream: AsyncIterable<Event>,
    isEnough: (events: readonly Event[]) => boolean,
  ): Promise<readonly Event[]> {
    const events: Event[] = [];
    for await (const event of stream) {
      events.push(event);
      if (isEnough(events)) break;
    }
    return events;
  }

  test('goes on exactly where it was, after each event', async () => {
    const { client, id, seen, release } = await beginHeld();
    expect(seen.length).toBeGreaterThan(8);
    const readers = await Promise.all(
      seen.map(async (event, at) => {
        const stream = await client.responses.retrieve(id, { stream: true, starting_after: event.sequence_number });
        return { before: seen.slice(0, at + 1), stream };
      }),
    );
    release();
    for (const { before, stream } of readers) {
      const events = [...before, ...(await collect(stream))];
      expect(showTexts(events)).toEqual([TEXT]);
      const numbers = events.map(({ sequence_number: number }) => number);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(events.flatMap(responseEventProblems)).toEqual([]);
      expect(events.filter(({ type }) => type === 'response.output_item.added')).toHaveLength(1);
      expect(events.at(-1)?.type).toBe('response.completed');
    }
  });

  test('goes on in another process, which gets the text when the turn is recorded', async () => {
    const path = join(createFolder(), 'runs.db');
    const { id, seen, release } = await beginHeld(path);
    const host = sqliteHost(path);
    onTestFinished(() => host.close());
    const agents = [new Agent({ name: 'held', model: scriptedModel([]) })];
    const { url } = await startServer({ agents, host, faces: ['responses'] });
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
    const stream = await client.responses.retrieve(id, { stream: true, starting_after: findLast(seen) ?? 0 });
    release();
    expect(showTexts([...seen, ...(await collect(stream))])).toEqual([TEXT]);
  });
});

test('an attempt that is discarded ends its item, and the next one is another item', async () => {
  const model = await offlineServer({
    script: [respond.cut(respond.text('A text that nobody gets.'), { afterChunks: 4 }), respond.text('The answer.')],
  });
  onTestFinished(() => model.close());
  const agent = new Agent({ name: 'a', model: openai('m', { baseURL: model.baseURL }) });
  const { url } = await startServer({ agents: [agent], host: memoryHost(), faces: ['responses'] });
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
  const stream = client.responses.stream({ model: 'a', input: 'Go.' });
  const events = await collect(stream);
  const done = events.flatMap((event) => (event.type === 'response.output_item.done' ? [event.item] : []));
  expect(done).toMatchObject([{ status: 'incomplete' }, { status: 'completed', content: [{ text: 'The answer.' }] }]);
  expect(done[0]?.id).not.toBe(done[1]?.id);
  expect(events.flatMap(responseEventProblems)).toEqual([]);
  const final = await stream.finalResponse();
  expect(final.output_text).toBe('The answer.');
  expect((await client.responses.retrieve(final.id)).output).toMatchObject([{ content: [{ text: 'The answer.' }] }]);
});

test('a process that is killed: the next one goes on above the number that the client names, and repeats no tool', async () => {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  onTestFinished(() => release());
  let answers = 0;
  const model = await offlineServer({
    script: ({ messages }) => {
      if (messages.at(-1)?.role !== 'tool') return respond.call('pay');
      const text = answers++ === 0 ? 'Everything was paid by me, I say.' : 'All is paid.';
      return respond.stall(respond.text(text), { afterChunks: 4, until: promise });
    },
  });
  onTestFinished(() => model.close());
  const folder = createFolder();
  const ledger = join(folder, 'ledger.txt');
  const args = [join(folder, 'runs.db'), ledger, model.baseURL];
  const first = await startProcess(args);
  const connect = (url: string): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', maxRetries: 0 });
  const stream = await connect(first.url).responses.create({
    model: 'payer',
    input: 'Pay.',
    background: true,
    stream: true,
  });
  const before: Event[] = [];
  const reading = (async () => {
    for await (const event of stream) {
      before.push(event);
      if (event.type === 'response.output_text.delta' && showTexts(before).join('').includes('was ')) {
        first.child.kill('SIGKILL');
      }
    }
  })().catch(() => undefined); // The process was killed.
  await once(first.child, 'exit');
  await reading;
  const second = await startProcess(args);
  await expect.poll(() => model.requests.length).toBe(3);
  const known = findLast(before) ?? 0;
  const [created] = before;
  const id = created?.type === 'response.created' ? created.response.id : '';
  const rest = await connect(second.url).responses.retrieve(id, { stream: true, starting_after: known });
  release();
  const after = await collect(rest);
  expect(after.every(({ sequence_number: number }) => number > known)).toBe(true);
  expect(showTexts([...before, ...after])).toEqual(['All is paid.']);
  expect(after.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { output: [{ type: 'mcp_call' }, { type: 'message' }] },
  });
  expect(readFileSync(ledger, 'utf8')).toBe('paid\n');
});

test('a number that is none is refused', async () => {
  const agent = new Agent({ name: 'a', model: scriptedModel([respond.text('Hi.')]) });
  const { send } = await startServer({ agents: [agent], faces: ['responses'] });
  const { id } = await (await send('/v1/responses', { model: 'a', input: 'Go.' })).json();
  for (const number of ['-1', 'x', '1.5', '9'.repeat(20)]) {
    const refused = await send(`/v1/responses/${id}?stream=true&starting_after=${number}`);
    expect(refused.status).toBe(400);
  }
});
