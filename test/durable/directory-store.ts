import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRecord, RunSummary } from '@pawl/core/host';
import {
  type CheckedFilter,
  type Claim,
  type ClaimedRun,
  createNotEndedError,
  createRunExistsError,
  createRunLostError,
  createUnknownRunError,
  filterRuns,
  hasEnded,
  parseRecord,
  type RunDeletion,
  type RunInsertion,
  type RunStore,
  type RunUpdate,
  type StoredRun,
  type StoredStep,
  serializeRecord,
  serializeStep,
  type Wait,
} from '@pawl/core/host';

/** The content of a run's file. Values are JSON texts, so that a caller cannot change a stored value. */
interface RunFile {
  readonly record: string;
  readonly summary: RunSummary;
  /** The token of the attempt that holds the run. */
  readonly token?: string;
  readonly cancelReason?: string;
  readonly steps: readonly (readonly [name: string, value: string])[];
  readonly intents: readonly string[];
  /** `expiresAt` is `null` for a wait that never expires: JSON has no Infinity. */
  readonly waits: readonly (readonly [name: string, wait: Omit<Wait, 'expiresAt'> & { expiresAt: number | null }])[];
}

export interface DirectoryStoreOptions {
  /** Whether each change reaches the disk before it counts. Without it a power failure may undo the last ones. @defaultValue true */
  readonly flush?: boolean;
}

/** Stores each run in a JSON file. One process at a time may use the directory. */
export class DirectoryStore implements RunStore {
  readonly #directory: string;
  readonly #flush: boolean;
  /** The tokens of this process's claims. A claim of another process no longer holds, because that process has ended. */
  readonly #tokens = new Set<string>();
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(directory: string, { flush = true }: DirectoryStoreOptions = {}) {
    this.#directory = directory;
    this.#flush = flush;
  }

  insert(record: RunRecord, as: RunInsertion): Promise<void> {
    return this.#runAlone(async () => {
      const files = await this.#readAll();
      const { runId, agent, metadata, owner, at } = record;
      if (files.some(({ summary }) => summary.runId === runId)) throw createRunExistsError(runId);
      const position = 1 + Math.max(0, ...files.map(({ summary }) => summary.position));
      const times = { startedAt: Math.floor(at), updatedAt: Math.floor(at) };
      const known = { runId, agent, metadata, position, ...times, ...(owner !== undefined && { owner }) };
      const file = { record: serializeRecord(record), steps: [], intents: [], waits: [] };
      if (as.type === 'queued') {
        const summary = { ...known, status: 'queued', attempts: 0 } as const;
        const steps = (as.steps ?? []).map(({ name, value }) => [name, JSON.stringify(value)] as const);
        return this.#write({ ...file, summary, steps, waits: serializeWaits(as.waits ?? new Map()) });
      }
      this.#tokens.add(as.claim.token);
      const summary = { ...known, status: 'running', attempts: 1 } as const;
      return this.#write({ ...file, summary, token: as.claim.token });
    });
  }

  claim({ runId, token }: Claim, now: number): Promise<ClaimedRun | undefined> {
    return this.#runAlone(async () => {
      const file = await this.#read(runId);
      const { outcome: _, ...summary } = this.#toSummary(file);
      if (summary.status === 'running' || hasEnded(summary.status)) return undefined;
      const attempt = summary.attempts + 1;
      this.#tokens.add(token);
      await this.#write({
        ...file,
        token,
        summary: { ...summary, status: 'running', attempts: attempt, updatedAt: now },
      });
      return {
        attempt,
        cancelReason: file.cancelReason,
        steps: parseSteps(file.steps),
        intents: new Set(file.intents),
      };
    });
  }

  release(claim: Claim, { outcome, now }: Parameters<RunStore['release']>[1]): Promise<void> {
    return this.#runAlone(async () => {
      const { token, ...file } = await this.#read(claim.runId);
      this.#tokens.delete(claim.token);
      if (token !== claim.token) return;
      const ended = outcome === undefined ? ({ status: 'interrupted' } as const) : { status: outcome.status, outcome };
      await this.#write({ ...file, summary: { ...file.summary, updatedAt: now, ...ended } });
    });
  }

  async putIntent(claim: Claim, name: string): Promise<void> {
    await this.#changeHeld(claim, ({ intents }) => ({ intents: [...intents, name] }));
  }

  async putStep(claim: Claim, { name, value }: Pick<StoredStep, 'name' | 'value'>): Promise<number> {
    const text = serializeStep(value, { runId: claim.runId, name });
    const changed = await this.#changeHeld(claim, ({ steps }) => ({ steps: [...steps, [name, text]] }));
    return changed.steps.length;
  }

  update<T>(runId: string, { claim, decide }: RunUpdate<T>): Promise<T> {
    return this.#runAlone(async () => {
      const file = await this.#read(runId);
      if (claim !== undefined && file.token !== claim.token) throw createRunLostError(runId);
      const waits = parseWaits(file.waits);
      const { status } = this.#toSummary(file);
      const { result, change = {} } = decide({ runId, status, cancelReason: file.cancelReason }, waits);
      const { cancelReason = file.cancelReason } = change;
      const changed = serializeWaits(new Map([...waits, ...(change.waits ?? [])]));
      await this.#write({ ...file, waits: changed, ...(cancelReason !== undefined && { cancelReason }) });
      return result;
    });
  }

  async find(runId: string): Promise<StoredRun> {
    return this.#toStoredRun(await this.#read(runId));
  }

  async listSteps(runId: string, after: number): Promise<readonly StoredStep[]> {
    const { steps } = await this.#read(runId);
    return parseSteps(steps).filter(({ position }) => position > after);
  }

  async list(filter: CheckedFilter): Promise<readonly RunSummary[]> {
    const runs = (await this.#readAll()).map((file) => this.#toStoredRun(file));
    runs.sort((one, other) => one.position - other.position);
    return filterRuns(runs, filter);
  }

  deleteRuns(deletion: RunDeletion): Promise<number> {
    return this.#runAlone(async () => {
      const runs = (await this.#readAll()).map((file) => this.#toSummary(file));
      const selected = runs.filter(({ runId, updatedAt }) =>
        deletion.type === 'ids' ? deletion.runIds.includes(runId) : updatedAt < deletion.time,
      );
      const open = selected.filter(({ status }) => !hasEnded(status));
      if (deletion.type === 'ids' && open.length > 0) throw createNotEndedError(open.map(({ runId }) => runId));
      const ended = selected.filter(({ status }) => hasEnded(status));
      for (const { runId } of ended) await rm(this.#buildPath(runId));
      return ended.length;
    });
  }

  async close(): Promise<void> {
    await this.#lastWrite;
  }

  #changeHeld(claim: Claim, change: (file: RunFile) => Partial<RunFile>): Promise<RunFile> {
    return this.#runAlone(async () => {
      const file = await this.#read(claim.runId);
      if (file.token !== claim.token) throw createRunLostError(claim.runId);
      const changed = { ...file, ...change(file) };
      await this.#write(changed);
      return changed;
    });
  }

  #toStoredRun(file: RunFile): StoredRun {
    return { ...this.#toSummary(file), record: parseRecord(file.record) };
  }

  /** A run is interrupted if a process has claimed it that has ended. */
  #toSummary({ summary, token }: RunFile): RunSummary {
    const isFree = summary.status === 'running' && !this.#tokens.has(token ?? '');
    return isFree ? { ...summary, status: 'interrupted' } : summary;
  }

  async #readAll(): Promise<readonly RunFile[]> {
    await mkdir(this.#directory, { recursive: true });
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.json'));
    return Promise.all(names.map(async (name) => JSON.parse(await readFile(join(this.#directory, name), 'utf8'))));
  }

  async #read(runId: string): Promise<RunFile> {
    const text = await readFile(this.#buildPath(runId), 'utf8').catch(() => undefined);
    if (text === undefined) throw createUnknownRunError(runId);
    return JSON.parse(text);
  }

  /** Writes a new file and renames it. Renaming is atomic: a reader sees the whole change or nothing. */
  async #write(file: RunFile): Promise<void> {
    const path = this.#buildPath(file.summary.runId);
    await writeFile(`${path}.new`, JSON.stringify(file), { flush: this.#flush });
    await rename(`${path}.new`, path);
  }

  /** Hashes the id, which may contain characters that are not allowed in file names. */
  #buildPath(runId: string): string {
    return join(this.#directory, `${createHash('sha256').update(runId).digest('hex')}.json`);
  }

  /** Runs changes one after the other, so that no change comes between the read and the write of another. */
  #runAlone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWrite.then(work);
    this.#lastWrite = done.catch(() => undefined); // The caller gets the error.
    return done;
  }
}

function parseSteps(steps: RunFile['steps']): readonly StoredStep[] {
  return steps.map(([name, value], index) => ({ position: index + 1, name, value: JSON.parse(value) }));
}

function serializeWaits(waits: ReadonlyMap<string, Wait>): RunFile['waits'] {
  return [...waits].map(([name, wait]) => {
    return [name, { ...wait, expiresAt: Number.isFinite(wait.expiresAt) ? wait.expiresAt : null }];
  });
}

function parseWaits(waits: RunFile['waits']): ReadonlyMap<string, Wait> {
  return new Map(
    waits.map(([name, wait]) => [name, { ...wait, expiresAt: wait.expiresAt ?? Number.POSITIVE_INFINITY }]),
  );
}
