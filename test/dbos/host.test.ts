import { Agent, type Host, type PendingCall, type Run, type Tool, tool } from '@pawl/core';
import { type DbosClient, type DbosHostOptions, dbosClient, dbosHost } from '@pawl/dbos';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { waitForStatus } from './workers.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

test('a worker continues an answered run by itself', async () => {
  const runs: Run<unknown>[] = [];
  const { agent, host, client } = await open({ onRun: (run) => runs.push(run) });
  const { pending } = await waitUntilSuspended(agent.run('Go.', { host, runId: 'run' }));
  await client.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  const { outcome } = await waitForStatus(client, 'run', ['completed']);
  expect(outcome).toMatchObject({ status: 'completed', output: 'Paid.' });
  expect(runs.map(({ runId: id }) => id)).toEqual(['run']);
});

test('accepts exactly one of 20 answers that two clients give to one call at once', async () => {
  const { agent, host, client, url } = await open({ agents: [] });
  const other = await dbosClient({ url });
  onTestFinished(() => other.close());
  const { pending } = await waitUntilSuspended(agent.run('Go.', { host, runId: 'run' }));
  const answers = Array.from({ length: 20 }, (_, index) => {
    const on = index % 2 === 0 ? client : other;
    return on.answer('run', pending.id, { type: 'deny', fingerprint: pending.fingerprint, reason: `Answer ${index}.` });
  });
  const results = await Promise.allSettled(answers);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const accepted = results.findIndex(({ status }) => status === 'fulfilled');
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'approval.used' });
  }
  const outcome = await agent.resume('run', { host }).outcome();
  expect(JSON.stringify(outcome.messages)).toContain(`Answer ${accepted}.`);
});

test('a client enqueues, lists, follows and forks runs', async () => {
  const { client } = await open();
  const runId = await client.enqueue('payer', 'Go.', { metadata: { for: 'me' } });
  const types: string[] = [];
  await waitForStatus(client, runId, ['completed']);
  for await (const { event } of client.followRun(runId)) types.push(event.type);
  expect(types[0]).toBe('run.started');
  expect(types.at(-1)).toBe('model.responded');
  expect(types).toContain('approval.answered');
  const fork = await client.fork(runId, { before: 'model:2' });
  const { record, outcome } = await waitForStatus(client, fork, ['completed']);
  expect(record.forked).toMatchObject({ runId, before: 'model:2' });
  expect(outcome).toMatchObject({ output: 'Paid.' });
  const listed = await client.listRuns({ status: 'completed', agent: 'payer' });
  expect(listed.map(({ runId: id, metadata }) => ({ id, metadata }))).toEqual([
    { id: runId, metadata: { for: 'me' } },
    { id: fork, metadata: { for: 'me' } },
  ]);
});

test('a queue runs exactly workerConcurrency runs at once', async () => {
  let atWork = 0;
  let most = 0;
  const two = Promise.withResolvers<void>();
  const agent = createLooker(async () => {
    most = Math.max(most, ++atWork);
    if (atWork === 2) two.resolve();
    await two.promise;
    await new Promise((resolve) => setTimeout(resolve, 60)); // Long enough for three polls, in which a third run could begin.
    atWork--;
  });
  const { client } = await open({ agents: [agent], queue: { workerConcurrency: 2, pollingMs: 20 } });
  const runIds = await Promise.all(Array.from({ length: 6 }, () => client.enqueue('payer', 'Go.')));
  for (const runId of runIds) await waitForStatus(client, runId, ['completed']);
  expect(most).toBe(2);
});

test('cancel ends a suspended run and a running one', async () => {
  const { agent, host, client } = await open({ queue: { workerConcurrency: 1, pollingMs: 20 } });
  await waitUntilSuspended(agent.run('Go.', { host, runId: 'waiting' }));
  await client.cancel('waiting', { reason: 'No more.' });
  const { outcome } = await waitForStatus(client, 'waiting', ['aborted']);
  expect(outcome).toMatchObject({ status: 'aborted', reason: 'No more.' });
  const slow = createLooker(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const atWork = slow.run('Go.', { host, runId: 'at work' });
  await new Promise((resolve) => atWork.on('tool.started', resolve));
  await client.cancel('at work');
  expect(await atWork.outcome()).toMatchObject({ status: 'aborted', reason: 'cancelled' });
});

test('refuses unknown runs, calls and fingerprints like every host', async () => {
  const { agent, host, client } = await open({ agents: [] });
  await expect(client.getRun('nowhere')).rejects.toMatchObject({ code: 'run.unknown' });
  await expect(client.fork('nowhere', { before: 'model:1' })).rejects.toMatchObject({ code: 'run.unknown' });
  const { pending } = await waitUntilSuspended(agent.run('Go.', { host, runId: 'run' }));
  const { fingerprint } = pending;
  await expect(client.answer('run', 'approval:9.9', { type: 'approve', fingerprint })).rejects.toMatchObject({
    code: 'approval.unknown',
  });
  await expect(client.answer('run', pending.id, { type: 'approve', fingerprint: 'x' })).rejects.toMatchObject({
    code: 'approval.mismatch',
  });
  await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toMatchObject({
    code: 'run.exists',
  });
  await client.sendMessage('run', { role: 'user', content: 'Leave it.' });
  const outcome = await agent.resume('run', { host }).outcome();
  expect(JSON.stringify(outcome.messages)).toContain('Leave it.');
});

test('a closing host lets the running step finish, begins no other, and another worker continues the run', async () => {
  const { agent, host, url, client } = await open();
  const run = agent.run('Go.', { host, runId: 'run' });
  await new Promise((resolve) => run.on('tool.started', resolve));
  const outcome = run.outcome();
  outcome.catch(() => undefined);
  await host.close();
  await expect(outcome).rejects.toMatchObject({ code: 'host.closing' });
  expect((await client.getRun('run')).status).toBe('interrupted');
  const next = await dbosHost({ url, executorId: 'next', agents: [createPayer()] });
  onTestFinished(() => next.close());
  expect((await waitForStatus(client, 'run', ['completed'])).outcome).toMatchObject({ output: 'Paid.' });
});

test('refuses a second dbosHost in a process, a name that is taken, and a blank name', async () => {
  const { url } = await open();
  await expect(dbosHost({ url, executorId: 'second', agents: [] })).rejects.toMatchObject({
    code: 'host.already_open',
  });
  await expect(dbosHost({ url, executorId: 'worker', agents: [] })).rejects.toMatchObject({
    code: 'host.executor_taken',
  });
  await expect(dbosHost({ url, executorId: ' ', agents: [] })).rejects.toThrow(/executorId is " "/);
});

test('a worker whose lock connection breaks begins no step, and continues the run when it has its lock again', async () => {
  const clock = manualClock({ startMs: Date.now(), sleeps: 'held' }); // The worker reconnects at its next tick.
  const { host, url, client } = await open({ clock });
  const gate = Promise.withResolvers<void>();
  const run = createLooker(() => gate.promise).run('Go.', { host, runId: 'run' });
  await new Promise((resolve) => run.on('tool.started', resolve));
  await endSessions(url, 'pawl lock');
  await expect.poll(() => host.claim('run').catch((error: { readonly code: string }) => error.code)).toBe('host.lost');
  gate.resolve();
  await expect(run.outcome()).rejects.toMatchObject({ code: 'host.lost' });
  const seconds = setInterval(() => void clock.advance(1_000), 20);
  onTestFinished(() => clearInterval(seconds));
  expect((await waitForStatus(client, 'run', ['completed'])).outcome).toMatchObject({ output: 'Paid.' });
});

test('reports a missing database, and one of a newer format', async () => {
  const url = new URL(await postgres.createDatabase());
  const nowhere = new URL(url);
  nowhere.pathname = '/nowhere';
  await expect(dbosClient({ url: nowhere.href })).rejects.toMatchObject({ code: 'host.unreachable' });
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(
    'CREATE SCHEMA pawl; CREATE TABLE pawl.format (number integer); INSERT INTO pawl.format VALUES (9)',
  );
  await client.end();
  await expect(dbosClient({ url: url.href })).rejects.toMatchObject({ code: 'host.newer' });
});

test('returns large and unusual values unchanged', async () => {
  const { host, client } = await open({ agents: [] });
  const odd = `${'ä🦊\u0000\ud800"\\\n'.repeat(20_000)}`;
  const echo = tool({ name: 'echo', description: 'Echoes.', input: z.object({}), execute: () => odd });
  const model = scriptedModel([respond.call('echo', {}), respond.text('Done.')]);
  const agent = new Agent({ name: 'echoer', model, tools: [{ ...echo, maxResultLength: 1_000_000 }] });
  await agent.run('Go.', { host, runId: 'run' });
  const { events } = await client.getRun('run');
  expect(events.map(({ event }) => event).find(({ type }) => type === 'tool.finished')).toMatchObject({
    content: odd,
  });
});

test('onError gets the error of a run that a worker cannot continue, and the run stays as it is', async () => {
  const errors: unknown[] = [];
  const old = new Agent({
    name: 'payer',
    version: '1',
    model: scriptedModel([respond.call('pay', {})]),
    tools: createPayTools(),
  });
  const onError = (error: unknown, runId: string): number => errors.push([runId, (error as { code?: unknown }).code]);
  const { host, client } = await open({ agents: [createVersion('2')], onError });
  const { pending } = await waitUntilSuspended(old.run('Go.', { host, runId: 'run' }));
  await client.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
  while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5)); // The queue is polled in real time.
  expect(errors).toEqual([['run', 'run.version']]);
  expect((await client.getRun('run')).status).toBe('suspended');
  const outcome = await createVersion('2').resume('run', { host, onVersionMismatch: 'continue' }).outcome();
  expect(outcome).toMatchObject({ status: 'completed', output: 'Paid.' });
});

test('a run of another schema version waits for a worker that knows it', async () => {
  const errors: unknown[] = [];
  const { agent, host, client, url } = await open({ onError: (error) => errors.push(error) });
  await waitUntilSuspended(agent.run('Go.', { host, runId: 'run' }));
  const database = new Client({ connectionString: url });
  await database.connect();
  onTestFinished(() => database.end());
  // As a killed worker of a later release leaves the run.
  await database.query("INSERT INTO pawl.executors (executor_id) VALUES ('later')");
  await database.query(
    `UPDATE pawl.runs SET record = jsonb_set(record::jsonb, '{schemaVersion}', '2')::text, schema_version = 2,
     status = 'running', executor_id = 'later', token = 'later'`,
  );
  const queued = async (): Promise<readonly object[]> => {
    const { rows } = await database.query(
      "SELECT application_version, status FROM dbos.workflow_status WHERE status = 'ENQUEUED'",
    );
    return rows;
  };
  while ((await queued()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20)); // The worker requeues it at its next tick.
  // The worker polls its queue many times meanwhile.
  await client.enqueue('payer', 'Go.', { runId: 'next' });
  await waitForStatus(client, 'next', ['suspended']);
  expect(await queued()).toEqual([{ application_version: 'pawl-2', status: 'ENQUEUED' }]);
  expect(await client.listRuns()).toMatchObject([{ runId: 'run', status: 'interrupted' }, { runId: 'next' }]);
  await expect(agent.resume('run', { host }).outcome()).rejects.toMatchObject({ code: 'run.format' });
  expect(errors).toEqual([]);
});

test('a worker that gets a run of another schema version reports it once and leaves it', async () => {
  const errors: unknown[] = [];
  const url = await postgres.createDatabase();
  const client = await dbosClient({ url });
  onTestFinished(() => client.close());
  await client.enqueue('payer', 'Go.', { runId: 'run' });
  const database = new Client({ connectionString: url });
  await database.connect();
  onTestFinished(() => database.end());
  await database.query("UPDATE pawl.runs SET record = jsonb_set(record::jsonb, '{schemaVersion}', '2')::text");
  const { rows: before } = await database.query('SELECT record, status, attempts FROM pawl.runs');
  await open({ url, executorId: 'other', onError: (error) => errors.push(error) });
  while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 20)); // The queue is polled in real time.
  expect(errors).toMatchObject([{ name: 'HostError', code: 'run.format' }]);
  const { rows: after } = await database.query('SELECT record, status, attempts FROM pawl.runs');
  expect(after).toEqual(before);
});

test('deleteRuns deletes old runs with all their rows', async () => {
  const { host, client, url } = await open({ agents: [] });
  const agent = new Agent({ name: 'a', model: scriptedModel(() => respond.text('Done.')) });
  await agent.run('Go.', { host, runId: 'old' });
  expect(await client.deleteRuns({ olderThanMs: 60_000 })).toBe(0);
  expect(await client.deleteRuns({ olderThanMs: -1 })).toBe(1);
  await expect(client.getRun('old')).rejects.toMatchObject({ code: 'run.unknown' });
  await agent.run('Go.', { host, runId: 'old' });
  const database = new Client({ connectionString: url });
  await database.connect();
  const { rowCount } = await database.query('SELECT FROM pawl.steps');
  await database.end();
  expect(rowCount).toBe(2); // start and model:1
});

test('each attempt from a queue is one DBOS workflow, and each step is stored once', async () => {
  const { client, url } = await open();
  await client.enqueue('payer', 'Go.', { runId: 'run' });
  const { outcome: paused } = await waitForStatus(client, 'run', ['suspended']);
  const [pending] = paused?.status === 'suspended' ? paused.pending : [];
  const { id = '', fingerprint = '' } = pending ?? {};
  await client.answer('run', id, { type: 'approve', fingerprint });
  await waitForStatus(client, 'run', ['completed']);
  const database = new Client({ connectionString: url });
  await database.connect();
  onTestFinished(() => database.end());
  const workflows = async (): Promise<readonly unknown[]> => {
    const sql = 'SELECT name, status, executor_id FROM dbos.workflow_status ORDER BY created_at';
    return (await database.query(sql)).rows;
  };
  const attempt = { name: 'pawl.run', status: 'SUCCESS', executor_id: 'worker' };
  await expect.poll(workflows).toEqual([attempt, attempt]);
  expect((await database.query('SELECT FROM dbos.operation_outputs')).rowCount).toBe(0);
  const { rows } = await database.query("SELECT name FROM pawl.steps WHERE run_id = 'run' ORDER BY position");
  const names = rows.map(({ name }) => String(name));
  expect(names.slice(0, 3)).toEqual(['start', 'model:1', 'tool:1.0:look']);
  expect(new Set(names).size).toBe(names.length);
});

type Options = Partial<DbosHostOptions<Run<unknown>>>;

interface OpenHost {
  readonly agent: Agent;
  readonly host: Host;
  readonly client: DbosClient;
  readonly url: string;
}

/** Opens a new database with one worker and a client. */
async function open(options: Options = {}): Promise<OpenHost> {
  const url = options.url ?? (await postgres.createDatabase());
  const agent = createPayer();
  const host = await dbosHost({ url, executorId: 'worker', agents: [agent], queue: { pollingMs: 20 }, ...options });
  const client = await dbosClient({ url });
  onTestFinished(async () => {
    await client.close();
    await host.close();
  });
  return { agent, host, client, url };
}

/** Creates an agent that looks, then pays after an approval. */
function createPayer(): Agent {
  return createVersion(undefined);
}

function createVersion(version: string | undefined): Agent {
  const model = scriptedModel(({ messages }) => {
    const turn = messages.filter(({ role }) => role === 'assistant').length;
    const isPaid = messages.some(({ role, content }) => role === 'tool' && content === 'Paid.');
    return isPaid
      ? respond.text('Paid.')
      : ([respond.call('look', {}), respond.call('pay', {})][turn] ?? respond.text('Paid.'));
  });
  return new Agent({ name: 'payer', model, tools: createPayTools(), ...(version !== undefined && { version }) });
}

function createPayTools(): readonly Tool<unknown>[] {
  const input = z.object({});
  const look = tool({ name: 'look', description: 'Looks.', input, effect: 'read', execute: resolveLater('Seen.') });
  const pay = { name: 'pay', description: 'Pays.', input, effect: 'non-idempotent', needsApproval: true } as const;
  return [look, tool({ ...pay, execute: resolveLater('Paid.') })];
}

/** Creates an `execute` that takes 20 ms. */
function resolveLater(value: string): () => Promise<string> {
  return () => new Promise((resolve) => setTimeout(() => resolve(value), 20));
}

function createLooker(work: (signal: AbortSignal) => Promise<unknown>): Agent {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    effect: 'read',
    execute: async (_, { signal }) => {
      await work(signal);
      return 'Seen.';
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Seen.') : respond.call('look', {}),
  );
  return new Agent({ name: 'payer', model, tools: [look] });
}

async function waitUntilSuspended(run: Run<unknown>): Promise<{ readonly pending: PendingCall }> {
  const outcome = await run.outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`The run is ${outcome.status}, not suspended.`);
  return { pending };
}

async function endSessions(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()',
    [name],
  );
  await client.end();
}
