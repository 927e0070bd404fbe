import { DatabaseSync } from 'node:sqlite';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFile, openSqlite } from './hosts.ts';

function payer(): Agent {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'Paid.',
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', {}),
  );
  return new Agent({ name: 'payer', model, tools: [pay] });
}

/** Creates a file with one run that waits for an approval. */
async function suspendedRun() {
  const file = createFile();
  const host = openSqlite(file);
  const outcome = await payer().run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error('The run waits for nothing.');
  const approval = { type: 'approve', fingerprint: pending.fingerprint } as const;
  return { file, host, id: pending.id, approval };
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function rowsOf(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = ['runs', 'records', 'steps', 'waits'].map((table) => database.prepare(`SELECT * FROM ${table}`).all());
  database.close();
  return rows;
}

const OTHERS = [
  [
    'of a later version',
    "json_set(record, '$.schemaVersion', 2)",
    'has schemaVersion 2; this version of Pawl reads 1.',
  ],
  [
    'without a version',
    "json_remove(record, '$.schemaVersion')",
    'has no schemaVersion; this version of Pawl reads 1.',
  ],
  ['with a text as version', "json_set(record, '$.schemaVersion', '1')", 'has schemaVersion the text "1"'],
] as const;

describe.each(OTHERS)('a run %s', (_, record, problem) => {
  test('is listed, and every other use throws a HostError and leaves it unchanged', async () => {
    const { file, host, id, approval } = await suspendedRun();
    change(file, `UPDATE records SET record = ${record}`);
    const before = rowsOf(file);
    const error = expect.objectContaining({
      name: 'HostError',
      code: 'run.format',
      message: expect.stringContaining(problem),
    });

    await expect(payer().resume('run', { host }).outcome()).rejects.toEqual(error);
    await expect(host.getRun('run')).rejects.toEqual(error);
    await expect(host.followRun('run')[Symbol.asyncIterator]().next()).rejects.toEqual(error);
    await expect(host.answer('run', id, approval)).rejects.toEqual(error);
    await expect(host.sendMessage('run', { role: 'user', content: 'Stop.' })).rejects.toEqual(error);
    await expect(host.cancel('run')).rejects.toEqual(error);
    await expect(host.fork('run', { before: 'model:1' })).rejects.toEqual(error);
    expect(await host.resumeAll([payer()])).toEqual([]);
    expect(await host.listRuns()).toMatchObject([{ runId: 'run', status: 'suspended' }]);
    expect(rowsOf(file)).toEqual(before);
  });

  test('can be resumed by a version that knows it', async () => {
    const { file, host, id, approval } = await suspendedRun();
    change(file, `UPDATE records SET record = ${record}`);
    await expect(payer().resume('run', { host }).outcome()).rejects.toMatchObject({ code: 'run.format' });
    change(file, "UPDATE records SET record = json_set(record, '$.schemaVersion', 1)");

    await host.answer('run', id, approval);
    expect(await payer().resume('run', { host }).outcome()).toMatchObject({ status: 'completed', text: 'Done.' });
  });
});

test.each([
  ['a step', "UPDATE steps SET name = 'begin' WHERE name = 'start'", 'has a step "begin"'],
  [
    'an event',
    `UPDATE steps SET value = json_set(value, '$.type', 'model.replied') WHERE name = 'model:1'`,
    'has an event "model.replied" in step "model:1"',
  ],
])(
  '%s that this version does not know is a HostError that names it and leaves the run as it is',
  async (_, sql, problem) => {
    const { file, host } = await suspendedRun();
    change(file, sql);
    const before = rowsOf(file);
    const error = expect.objectContaining({
      name: 'HostError',
      code: 'run.format',
      message: expect.stringContaining(problem),
    });

    await expect(payer().resume('run', { host }).outcome()).rejects.toEqual(error);
    await expect(host.getRun('run')).rejects.toEqual(error);
    await expect(host.fork('run', { before: 'model:1' })).rejects.toEqual(error);
    expect(rowsOf(file)).toEqual(before);
  },
);
