import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { dbosClient, dbosHost } from '@pawl/dbos';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { waitForStatus } from '../dbos/workers.ts';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { serveVendor } from './serve-vendor.ts';
import type { Vendor } from './vendor.ts';
import type { VendorServer } from './vendor-server.ts';
import { wires } from './vendors.ts';
import { createWeatherAgent, WEATHER_TURNS } from './weather-agent.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

/** Runs the agent in a process that kills itself between the thinking and the results of its calls. */
async function runUntilKilled(vendor: Vendor, place: string): Promise<VendorServer> {
  const server = await serveVendor(vendor, { turns: WEATHER_TURNS });
  const args = [join(import.meta.dirname, 'killed-process.ts'), vendor.name, server.baseURL, place];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  expect(server.requests).toHaveLength(1);
  return server;
}

const COMPLETED = { status: 'completed', text: 'It is 4 degrees everywhere.', turnCount: 3 };

describe.each(wires)('after kill -9, $name accepts the signatures', (vendor) => {
  test('of a run that another process resumes on SQLite', async () => {
    const file = createFile();
    const server = await runUntilKilled(vendor, file);
    const agent = createWeatherAgent(vendor, server.baseURL);
    expect(await agent.resume('run', { host: openSqlite(file) }).outcome()).toMatchObject(COMPLETED);
    expect(server.faults).toEqual([]);
    expect(server.requests).toHaveLength(3);
  });

  test('of a run that another worker takes over on PostgreSQL', async () => {
    const url = await postgres.createDatabase();
    const server = await runUntilKilled(vendor, url);
    const agent = createWeatherAgent(vendor, server.baseURL);
    const host = await dbosHost({
      url,
      executorId: 'other',
      agents: [agent],
      leaseMs: 1_000,
      queue: { pollingMs: 50 },
    });
    onTestFinished(() => host.close({ graceMs: 0 }));
    const client = await dbosClient({ url });
    onTestFinished(() => client.close());
    const { outcome } = await waitForStatus(client, 'run', ['completed', 'failed']);
    expect(outcome).toMatchObject(COMPLETED);
    expect(server.faults).toEqual([]);
    expect(server.requests).toHaveLength(3);
  }, 60_000);
});
