// Plays the demo against the real server, in a process of its own that is killed, and prints what happens.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { UiMessage } from '@pawl/serve/encode';

export async function playStory(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-story-'));
  const desk = new Desk(folder);
  try {
    await desk.start();
    const [ada, bob, lea] = [desk.createClient('ada'), desk.createClient('bob'), desk.createClient('lea')];

    const question = 'Order 7 arrived broken, I want my money back.';
    print('Ada', question);
    await ada.ask(question);
    print('', `${await ada.readLast()}, and approves it herself: ${(await ada.approve()).join()}`);
    const run = await ada.findRun();
    const seen = await bob.getStatus(`/v1/runs/${run}`);
    const runs = new Set(await bob.askRepeatedly('Where is order 8?'));
    print('Bob', `reads that run: ${seen}. His client asks where order 8 is, 3 times: ${runs.size} run`);

    print('', `kill -9 ${desk.pid}, and the server starts again`);
    await desk.kill();
    await desk.start();
    print('Ada', `reloads: ${await ada.readLast()}`);
    print('Lea', `finds "${await lea.findPreview()}", and approves it 3 times: ${(await lea.approve(3)).join(', ')}`);
    await ada.waitForAnswer();
    print('Ada', `reads: ${await ada.readLast()}`);
    const lines = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n');
    print('', `ledger: ${lines.length} line, ${lines.join()}`);
  } finally {
    await desk.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(who: string, text: string): void {
  console.log(`${who.padEnd(5)}${text}`);
}

/** The server in a process of its own. */
class Desk {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #url = '';

  constructor(folder: string) {
    this.#folder = folder;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    const program = join(import.meta.dirname, 'server.ts');
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const started = spawn(process.execPath, [program, this.#folder, port], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = started;
    const [line] = await once(createInterface(started.stdout), 'line');
    this.#url = /http:\/\/[^/]+/.exec(String(line))?.[0] ?? '';
  }

  async kill(): Promise<void> {
    if (this.#process === undefined || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  createClient(name: string): Client {
    return new Client(name, () => this.#url);
  }
}

interface RunList {
  readonly data: readonly {
    readonly id: string;
    readonly pending: readonly { readonly id: string; readonly fingerprint: string; readonly preview: string }[];
  }[];
}

/** A person with a browser or a program. */
class Client {
  readonly #name: string;
  readonly #getUrl: () => string;

  constructor(name: string, getUrl: () => string) {
    this.#name = name;
    this.#getUrl = getUrl;
  }

  #send(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const all = { authorization: `Bearer key-of-${this.#name}`, 'content-type': 'application/json', ...headers };
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    return fetch(`${this.#getUrl()}${path}`, { headers: all, ...sent });
  }

  /** Sends a message as `useChat` does, and reads the stream to its end. */
  async ask(text: string): Promise<void> {
    const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text }] }];
    await (await this.#send('/api/chat', { id: 'support', messages, trigger: 'submit-message' })).text();
  }

  /** What the page shows last. */
  async readLast(): Promise<string> {
    const response = await this.#send('/v1/conversations/support?format=ui');
    // The body is ours.
    const { messages } = (await response.json()) as { readonly messages: readonly UiMessage[] };
    const part = messages.at(-1)?.parts.at(-1);
    if (part?.type === 'dynamic-tool') return `${part.toolName} ${JSON.stringify(part.input)}: ${part.state}`;
    return part !== undefined && 'text' in part ? part.text : '';
  }

  /** Follows the run, as a page does that is loaded again. */
  async waitForAnswer(): Promise<void> {
    await (await this.#send('/api/chat/support/stream')).text();
  }

  async getStatus(path: string): Promise<number> {
    return (await this.#send(path)).status;
  }

  async findRun(): Promise<string> {
    return (await this.#listRuns('')).data[0]?.id ?? '';
  }

  /** The call that waits, as the tool describes it for a person. */
  async findPreview(): Promise<string | undefined> {
    const { data } = await this.#listRuns('?status=suspended');
    return data[0]?.pending[0]?.preview;
  }

  async #listRuns(query: string): Promise<RunList> {
    return (await (await this.#send(`/v1/runs${query}`)).json()) as RunList; // The body is ours.
  }

  /** Approves the call that waits, as often as a client does that loses its connection. Returns the statuses. */
  async approve(times = 1): Promise<readonly number[]> {
    const { data } = await this.#listRuns('?status=suspended');
    const [{ id, pending: [call] = [] } = { id: '' }] = data;
    const answer = { type: 'approve', fingerprint: call?.fingerprint };
    const statuses: number[] = [];
    for (let sent = 0; sent < times; sent++) {
      statuses.push((await this.#send(`/v1/runs/${id}/answers`, { pending: call?.id, answer })).status);
    }
    return statuses;
  }

  /** Starts a run with a key, and sends the request twice more. */
  async askRepeatedly(input: string): Promise<readonly string[]> {
    const send = async (): Promise<string> => {
      const response = await this.#send('/v1/runs', { agent: 'support', input }, { 'idempotency-key': 'question-1' });
      return ((await response.json()) as { readonly id: string }).id; // The body is ours.
    };
    return [await send(), await send(), await send()];
  }
}
