import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunProgress } from '@pawl/core/host';
import type { DbosClient } from '@pawl/dbos';
import { onTestFinished } from 'vitest';

export interface WorkersOptions {
  /** Whether the hosts use the system clock, or one that only `advanceTime` moves. @defaultValue 'real' */
  readonly time?: 'real' | 'manual';
  /** @defaultValue 30_000 */
  readonly leaseMs?: number;
}

/** Worker processes on one database, with their journals. */
export class Workers {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'pawl-workers-'));
  readonly #url: string;
  readonly #time: 'real' | 'manual';
  readonly #leaseMs: number;
  readonly #processes = new Map<string, ChildProcessWithoutNullStreams>();
  #nextExit = Promise.withResolvers<string>();
  #started = 0;

  constructor(url: string, { time = 'real', leaseMs = 30_000 }: WorkersOptions = {}) {
    this.#url = url;
    this.#time = time;
    this.#leaseMs = leaseMs;
    onTestFinished(async () => {
      await Promise.all([...this.#processes.keys()].map((id) => this.end(id, 'SIGKILL')));
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Starts a worker. Resolves its name when it takes runs. */
  async start(executorId: string = `worker-${++this.#started}`): Promise<string> {
    const args = [
      join(import.meta.dirname, 'worker.ts'),
      this.#url,
      executorId,
      this.folder,
      this.#time,
      `${this.#leaseMs}`,
    ];
    const worker = spawn(process.execPath, args);
    let errorText = '';
    worker.stderr.setEncoding('utf8').on('data', (text: string) => (errorText += text));
    await Promise.race([
      once(worker.stdout, 'data'),
      once(worker, 'exit').then(() => Promise.reject(new Error(errorText))),
    ]);
    this.#processes.set(executorId, worker);
    worker.once('exit', () => {
      this.#processes.delete(executorId);
      this.#nextExit.resolve(executorId);
      this.#nextExit = Promise.withResolvers();
    });
    return executorId;
  }

  get alive(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** Makes the first worker that does this for the run kill itself. */
  makeFatal(runId: string, what: string): void {
    writeFileSync(join(this.folder, `${runId}.fatal`), what);
  }

  /** Makes the first worker that does this for the run stop itself. */
  makeStopping(runId: string, what: string): void {
    writeFileSync(join(this.folder, `${runId}.stopped`), what);
  }

  continue(executorId: string): void {
    this.#processes.get(executorId)?.kill('SIGCONT');
  }

  /** Resolves the name of the next worker that exits. */
  waitForExit(): Promise<string> {
    return this.#nextExit.promise;
  }

  /** Advances the clocks of all workers. */
  advanceTime(ms: number): void {
    for (const { stdin } of this.#processes.values()) stdin.write(`${ms}\n`);
  }

  async end(executorId: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const worker = this.#processes.get(executorId);
    if (worker === undefined) return;
    worker.kill(signal);
    await once(worker, 'exit');
  }

  /** Reads the actions for a run, with the workers that did them. */
  readJournal(runId: string): readonly { readonly executorId: string; readonly what: string }[] {
    const file = join(this.folder, runId);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => {
      const [executorId = '', ...what] = line.split(' ');
      return { executorId, what: what.join(' ') };
    });
  }
}

/** Waits until the run has one of these statuses. Approves its pending calls meanwhile. */
export async function waitForStatus(
  client: DbosClient,
  runId: string,
  statuses: readonly RunProgress['status'][],
): Promise<RunProgress> {
  for (;;) {
    const progress = await client.getRun(runId);
    if (statuses.includes(progress.status)) return progress;
    const { status, outcome } = progress;
    for (const { id, fingerprint } of status === 'suspended' && outcome?.status === 'suspended'
      ? outcome.pending
      : []) {
      await client.answer(runId, id, { type: 'approve', fingerprint }).catch(ignoreAnswered);
    }
    await new Promise((resolve) => setTimeout(resolve, 20)); // Other processes need time to work.
  }
}

/** Ignores an answered call: the run stays suspended until a worker takes it. */
function ignoreAnswered(error: unknown): void {
  if ((error as { readonly code?: unknown }).code !== 'approval.used') throw error;
}
