// A server in a process of its own, whose memory is flat. One hundred clients read each run: some from its beginning, some with a cursor after their
// connection was cut, some slowly. Every reader gets every event of the journal once, in order, and its end; a client that aborts starts nothing.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Agent, type ChatModel, memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';
import { findLastId, parseMessages, readBytes } from '../serve/event-client.ts';
import { pause, pick, report } from './processes.ts';

const READERS = 100;
const PIECES = 400;

/** The heap after the first rounds may grow by this much: a reader, a run or a request that stays would need more. */
const MAX_GROWTH_BYTES = 8 << 20;

if (process.argv[2] === 'server') await startServer();
else await soak(Number(process.argv[2] ?? 120));

async function startServer(): Promise<void> {
  const words = Array.from({ length: PIECES }, (_, index) => `word${index} `);
  // By hand: it writes for as long as readers come and go, without a recording of what it was asked.
  const model: ChatModel = {
    name: 'words',
    async send(_, context) {
      for (const [index, delta] of words.entries()) {
        await context?.onDelta?.({ type: 'text', delta });
        if (index % 4 === 0) await setImmediate();
      }
      const message = { role: 'assistant', content: words.join('') } as const;
      return { choices: [{ index: 0, message, finish_reason: 'stop' }] };
    },
  };
  const host = memoryHost();
  const caps = { total: 1_000, perPrincipal: 1_000 };
  const agents = [new Agent({ name: 'soak', model })];
  const { url } = await listen(serve({ agents, host, maxRunning: caps, maxStreams: caps, resumeEveryMs: 0 }), {
    port: 0,
  });
  process.on('message', async () => {
    // The host keeps ended runs: without them, what grows is the server's.
    await host.deleteRuns({ olderThanMs: 0 });
    for (let times = 0; times < 4; times++) globalThis.gc?.();
    process.send?.(process.memoryUsage().heapUsed);
  });
  process.send?.(url);
}

async function soak(seconds: number): Promise<void> {
  const child = fork(import.meta.filename, ['server'], { execArgv: ['--expose-gc'] });
  const [url] = (await once(child, 'message')) as [string]; // What `startServer` sends.
  const faults: string[] = [];
  const heaps: number[] = [];
  const figures = { runs: 0, readers: 0, cuts: 0, aborted: 0 };
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt || heaps.length < 5) {
    await playRound(url, { faults, figures });
    const answer = once(child, 'message');
    child.send('heap');
    heaps.push(Number((await answer)[0]));
  }
  const begun = Math.min(...heaps.slice(2, 5));
  const ended = Math.min(...heaps.slice(-3));
  if (ended - begun > MAX_GROWTH_BYTES) faults.push(`The heap has grown from ${begun} to ${ended} bytes.`);
  child.kill('SIGKILL');
  report({ ...figures, rounds: heaps.length, heapAtBegin: begun, heapAtEnd: ended }, faults);
}

interface SoakRecord {
  readonly faults: string[];
  readonly figures: { runs: number; readers: number; cuts: number; aborted: number };
}

async function playRound(url: string, { faults, figures }: SoakRecord): Promise<void> {
  const id = await startRun(url);
  figures.runs++;
  await abortRequest(url);
  figures.aborted++;
  const journals = await Promise.all(
    Array.from({ length: READERS }, async () => {
      const isCut = pick([true, false, false]);
      figures.cuts += isCut ? 1 : 0;
      await pause(Math.random() * 30);
      return readRun(`${url}/v1/runs/${id}/events`, isCut);
    }),
  );
  figures.readers += journals.length;
  const [first] = journals;
  for (const journal of journals) {
    if (journal !== first || !journal.endsWith('end'))
      faults.push(`Readers of run ${id} got ${journal}, not ${first}.`);
  }
}

async function startRun(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent: 'soak', input: 'Go.', background: true }),
  });
  return ((await response.json()) as { readonly id: string }).id;
}

/** Asks for a completion, and goes away in the middle. */
async function abortRequest(url: string): Promise<void> {
  const leaving = new AbortController();
  const body = { model: 'soak', messages: [{ role: 'user', content: String(Math.random()) }], stream: true };
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  await readBytes(response, 1_000);
  leaving.abort();
}

/** Reads a run to its end. Returns the positions of its events and its end, as a text. */
async function readRun(url: string, isCut: boolean): Promise<string> {
  const before = isCut ? parseMessages(await readBytes(await fetch(url), Math.random() * 40_000)) : [];
  const last = findLastId(before);
  const isOver = before.at(-1)?.event === 'end';
  const headers: Readonly<Record<string, string>> = last === '' ? {} : { 'last-event-id': last };
  const after = isOver ? [] : parseMessages(await (await fetch(url, { headers })).text());
  return [...before, ...after]
    .flatMap(({ event, data }) => (event === 'end' ? ['end'] : (JSON.parse(data).position ?? [])))
    .join(' ');
}
