import { randomUUID } from 'node:crypto';
import type { RunEvent } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { CliError, createUsageError } from '../errors.ts';
import type { ShownOutcome } from '../run-row.ts';
import type { AgentTarget, StartOptions, WatchedRun } from './agent-target.ts';
import type { ServerRun, ServerTarget } from './server-target.ts';

export interface ServerAgentOptions {
  readonly name: string;
  readonly spelling: string;
}

/** An agent on a server. */
export class ServerAgent implements AgentTarget {
  readonly name: string;
  readonly spelling: string;
  /** The server holds text back by itself. */
  readonly hasTextGuard = false;
  readonly isDurable = true;
  readonly runs: ServerTarget;
  /** How conversations begin that have no run yet: a server makes a conversation by its first run. */
  readonly #beginnings = new Map<string, readonly Message[]>();

  constructor(runs: ServerTarget, { name, spelling }: ServerAgentOptions) {
    this.runs = runs;
    this.name = name;
    this.spelling = spelling;
  }

  /** The server checks it. */
  async checkInput(): Promise<undefined> {}

  start(input: string, options: StartOptions): WatchedRun {
    return new ServerWatch(this.runs, async () => ({ id: await this.#start(input, options), known: 0 }));
  }

  resume(runId: string): WatchedRun {
    return new ServerWatch(this.runs, async () => {
      const known = await this.runs.getPosition(runId);
      await this.runs.resume(runId);
      return { id: runId, known };
    });
  }

  async sendToConversation(
    message: string,
    options: StartOptions & { readonly conversation: string },
  ): Promise<WatchedRun> {
    const open = await this.findOpenRun(options.conversation);
    if (open === undefined) return this.start(message, options);
    const known = await this.runs.getPosition(open);
    await this.runs.sendMessage(open, { role: 'user', content: message });
    return new ServerWatch(this.runs, async () => ({ id: open, known }));
  }

  async readConversation(id: string): Promise<readonly Message[]> {
    return this.#beginnings.get(id) ?? (await this.#findConversation(id))?.messages ?? [];
  }

  async findOpenRun(conversation: string): Promise<string | undefined> {
    return (await this.#findConversation(conversation))?.run?.id;
  }

  /** A run may be of another owner, whose conversations cannot be continued: they are as unknown as those that do not exist. */
  async findNewestConversation(): Promise<string | undefined> {
    const asked = new Set<string>();
    for await (const { details } of this.runs.listPages({ agent: this.name })) {
      if (details?.conversation === undefined)
        throw createUsageError('This server does not say which conversations runs have. Pass --conversation ID.');
      const id = readCallersId(details.conversation);
      if (id === undefined || asked.has(id)) continue;
      asked.add(id);
      if ((await this.#findConversation(id)) !== undefined) return id;
    }
    return undefined;
  }

  async createConversation(id: string, messages: readonly Message[]): Promise<void> {
    this.#beginnings.set(id, messages);
  }

  async #start(input: string, { runId, limits, conversation }: StartOptions): Promise<string> {
    const beginning = conversation === undefined ? undefined : this.#beginnings.get(conversation);
    const run = await this.runs.client.send('/v1/runs', {
      method: 'POST',
      headers: { 'idempotency-key': runId ?? randomUUID() },
      body: {
        agent: this.name,
        ...(beginning === undefined ? { input } : { messages: [...beginning, { role: 'user', content: input }] }),
        background: true,
        ...(Object.keys(limits).length > 0 && { limits }),
        ...(conversation !== undefined && { conversation }),
      },
    });
    if (conversation !== undefined) this.#beginnings.delete(conversation);
    return (run as ServerRun).id; // The form of the runs API.
  }

  async #findConversation(id: string): Promise<StoredConversation | undefined> {
    try {
      return (await this.runs.client.send(`/v1/conversations/${encodeURIComponent(id)}`)) as StoredConversation; // As above.
    } catch (error) {
      if (error instanceof CliError && error.code === 'conversation.unknown') return undefined;
      throw error;
    }
  }
}

/** Reads the id that the owner of a conversation gave it from the one that it is stored under: `["OWNER","ID"]`, with a branch behind it. */
function readCallersId(stored: string | null): string | undefined {
  try {
    const parsed: unknown = JSON.parse(stored ?? '');
    return Array.isArray(parsed) && typeof parsed[1] === 'string' ? parsed[1] : undefined;
  } catch {
    return undefined; // Of a run that was not started by the runs API.
  }
}

interface StoredConversation {
  readonly messages: readonly Message[];
  readonly run: ServerRun | null;
}

interface BegunRun {
  readonly id: string;
  /** The position of the last event that was recorded before. */
  readonly known: number;
}

/** A run on a server. It continues there when this process ends. */
class ServerWatch implements WatchedRun {
  readonly #runs: ServerTarget;
  readonly #begun: Promise<BegunRun>;
  readonly #stop = new AbortController();
  #known = '';

  constructor(runs: ServerTarget, begin: () => Promise<BegunRun>) {
    this.#runs = runs;
    this.#begun = begin().then((begun) => {
      this.#known = begun.id;
      return begun;
    });
    this.#begun.catch(() => undefined); // `outcome` and the iterator reject with it.
  }

  get runId(): string {
    return this.#known;
  }

  async outcome(): Promise<ShownOutcome> {
    const { id } = await this.#begun;
    const { outcome } = await this.#runs.get(id);
    if (outcome !== undefined) return outcome;
    throw new CliError(`Run "${id}" is at work. Watch it: pawl runs watch ${id}${this.#runs.spelling}`, {
      reason: 'host',
      code: 'run.busy',
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void> {
    const { id, known } = await this.#begun;
    for await (const event of this.#runs.follow(id, { signal: this.#stop.signal, untilSuspended: true })) {
      yield event.position !== undefined && event.position <= known ? { ...event, replayed: true } : event;
    }
  }

  async detach(): Promise<void> {
    this.#stop.abort();
  }

  async abort(): Promise<void> {
    await this.#runs.cancel((await this.#begun).id, undefined);
  }

  async steer(message: string): Promise<boolean> {
    await this.#runs.sendMessage((await this.#begun).id, { role: 'user', content: message });
    return true;
  }
}
