import { Agent, type Clock, type Run, systemClock, tool } from '@pawl/core';
import { type DbosHostOptions, dbosClient, dbosHost } from '@pawl/dbos';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { PostgresProxy } from './postgres-proxy.ts';
import { waitForStatus } from './workers.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

const RUN_IDS = Array.from({ length: 8 }, (_, index) => `run ${index}`);

test('all runs complete although connections are terminated again and again', async () => {
  const url = await postgres.createDatabase();
  const admin = await connect(url);
  let ends = 0;
  // At each of these moments, other runs are at different points.
  const end = async (): Promise<void> => {
    if (++ends % 13 !== 0) return;
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() AND application_name LIKE 'pawl%'",
    );
  };
  const { host, calls } = await open(url, end);
  for (const runId of RUN_IDS) await retryHostErrors(() => host.enqueue('worker', 'Go.', { runId }));
  await waitUntilCompleted(url);
  expect(ends).toBeGreaterThan(40);
  expectNoRepeatedCalls(calls);
});

test('all queued runs complete although the server restarts', async () => {
  const url = await postgres.createDatabase();
  let restart: 'planned' | 'begun' | 'done' = 'planned';
  const { host, calls } = await open(url, async () => {
    if (calls.length < 12 || restart !== 'planned') return;
    restart = 'begun';
    void postgres.restart({ downMs: 500 }).then(() => {
      restart = 'done';
    });
  });
  for (const runId of RUN_IDS) await retryHostErrors(() => host.enqueue('worker', 'Go.', { runId }));
  await expect.poll(() => restart).toBe('done');
  await waitUntilCompleted(url);
  expectNoRepeatedCalls(calls);
});

test('all runs complete although the network refuses, cuts and stalls connections', async () => {
  const direct = await postgres.createDatabase();
  const { proxy, url } = await PostgresProxy.start(direct);
  onTestFinished(() => proxy.stop());
  let count = 0;
  const { host, calls } = await open(url, async () => {
    count++;
    if (count === 10) proxy.cut();
    if (count === 20) setTimeout(await proxy.refuse(), 300);
    if (count === 30) {
      proxy.pauseTraffic();
      setTimeout(() => proxy.resumeTraffic(), 300);
    }
  });
  for (const runId of RUN_IDS) await retryHostErrors(() => host.enqueue('worker', 'Go.', { runId }));
  await waitUntilCompleted(direct);
  expectNoRepeatedCalls(calls);
});

test('a non-idempotent call does not begin if its run was taken over while the worker was stopped', async () => {
  const url = await postgres.createDatabase();
  let time = 0;
  // A second passes between any two reads of the clock, as if the process had been stopped.
  const clock: Clock = { ...systemClock, monotonic: () => (time += 1_000) };
  const errors: unknown[] = [];
  const onError = (error: unknown): number => errors.push(error);
  const { host, calls } = await open(url, async () => undefined, { clock, onError });
  const admin = await connect(url);
  await admin.query(
    `CREATE FUNCTION take_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       UPDATE pawl.runs SET token = 'of another worker', executor_id = 'another' WHERE run_id = NEW.run_id; RETURN NULL;
     END $$;
     CREATE TRIGGER take_over AFTER INSERT ON pawl.intents FOR EACH ROW EXECUTE FUNCTION take_over()`,
  );
  await host.enqueue('worker', 'Go.', { runId: 'run' });
  await expect.poll(() => errors).toMatchObject([{ name: 'HostError', code: 'run.lost' }]);
  expect(calls.filter((call) => call.includes(':pay'))).toEqual([]);
});

test('a lost run is requeued for other workers while its old attempt still runs here', async () => {
  const url = await postgres.createDatabase();
  const clock = manualClock({ startMs: Date.now(), sleeps: 'held' });
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const errors: unknown[] = [];
  const disturb = (): Promise<void> => {
    begun.resolve();
    return gate.promise;
  };
  const { host } = await open(url, disturb, { clock, onError: (error) => errors.push(error) });
  const admin = await connect(url);
  await host.enqueue('worker', 'Go.', { runId: 'run' });
  await begun.promise;
  // As another worker does when it takes the run over.
  await admin.query("UPDATE pawl.runs SET status = 'interrupted', token = NULL");
  const client = await dbosClient({ url });
  await client.cancel('run');
  const readQueuedWorkflow = async () =>
    (await admin.query('SELECT left_workflow FROM pawl.runs')).rows[0]?.left_workflow;
  const first = await readQueuedWorkflow();
  const seconds = setInterval(() => void clock.advance(1_000), 20);
  onTestFinished(() => clearInterval(seconds));
  await expect.poll(readQueuedWorkflow).not.toBe(first);
  expect(await readQueuedWorkflow()).not.toBeNull();
  expect(errors).toEqual([]);
  gate.resolve();
  await waitForStatus(client, 'run', ['aborted']);
  await client.close();
});

test.each([
  ['was taken out of its queue but never started', 'PENDING'],
  ['ended before its run had begun', 'ERROR'],
])('requeues a run whose workflow %s', async (_, status) => {
  const url = await postgres.createDatabase();
  const clock = manualClock({ startMs: Date.now(), sleeps: 'held' });
  const { host, calls } = await open(url, async () => undefined, { clock });
  const admin = await connect(url);
  // The trigger changes the status before any worker sees the workflow.
  await admin.query(
    `CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NEW.status = 'ENQUEUED' THEN NEW.status := '${status}'; NEW.executor_id := 'the worker'; END IF; RETURN NEW;
     END $$;
     CREATE TRIGGER forget BEFORE INSERT ON dbos.workflow_status FOR EACH ROW EXECUTE FUNCTION forget()`,
  );
  await host.enqueue('worker', 'Go.', { runId: 'run' });
  await admin.query('DROP TRIGGER forget ON dbos.workflow_status');
  const seconds = setInterval(() => void clock.advance(1_000), 20);
  onTestFinished(() => clearInterval(seconds));
  await waitForStatus(host, 'run', ['completed']);
  expect(calls).toHaveLength(4);
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Opens a worker with an agent that looks three times and pays. Calls `disturb` at each request and each call. */
async function open(url: string, disturb: () => Promise<void>, options: Partial<DbosHostOptions<Run>> = {}) {
  const calls: string[] = [];
  const createTool = (name: string, effect: 'read' | 'non-idempotent') =>
    tool({
      name,
      description: 'Does it.',
      input: z.object({}),
      effect,
      execute: async (_, { idempotencyKey }) => {
        calls.push(idempotencyKey);
        await disturb();
        return `${name} done`;
      },
    });
  const model = scriptedModel(async ({ messages }) => {
    await disturb();
    const turn = messages.filter(({ role }) => role === 'assistant').length;
    const name = ['look', 'look', 'pay', 'look'][turn];
    return name === undefined ? respond.text('Done.') : respond.call(name, {});
  });
  const agent = new Agent({
    name: 'worker',
    model,
    tools: [createTool('look', 'read'), createTool('pay', 'non-idempotent')],
  });
  const host = await dbosHost<Run>({
    url,
    executorId: 'the worker',
    agents: [agent],
    queue: { pollingMs: 20 },
    ...options,
  });
  onTestFinished(() => host.close({ graceMs: 0 }).catch(() => undefined));
  return { host, calls };
}

/** Repeats work that fails with a `HostError` of the connection. */
async function retryHostErrors(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason as { readonly code?: unknown },
    );
    if (error === undefined || error.code === 'run.exists') return;
    if (!String(error.code).startsWith('host.')) throw error;
  }
}

async function waitUntilCompleted(url: string): Promise<void> {
  const client = await dbosClient({ url });
  const statuses = async () => {
    const runs = await client.listRuns().catch(() => []);
    return runs.map(({ runId, status }) => `${runId} ${status}`);
  };
  const interval = { timeout: 90_000, interval: 50 };
  await expect.poll(statuses, interval).toEqual(RUN_IDS.map((runId) => `${runId} completed`));
  await client.close();
}

function expectNoRepeatedCalls(calls: readonly string[]): void {
  const paid = calls.filter((call) => call.includes(':pay'));
  expect(paid.length).toBe(new Set(paid).size);
}
