import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { faults } from '../../bench/faults/faults.ts';
import type { Framework } from '../../bench/faults/framework.ts';
import { formatMatrix, type MatrixTable } from '../../bench/faults/matrix.ts';
import { createPawl } from '../../bench/faults/pawl.ts';
import { formatReport } from '../../bench/faults/report.ts';
import { runFramework } from '../../bench/faults/run-framework.ts';
import { runInChild } from '../../bench/faults/run-in-child.ts';
import { tryFault } from '../../bench/faults/try-fault.ts';

test.each(faults)('Pawl passes the fault "$name"', async (fault) => {
  const clock = manualClock();
  const seen = await tryFault(fault, {
    clock,
    run: (baseURL) => runFramework(createPawl({ clock }), { fault, baseURL }),
  });
  expect([fault.isPassed(seen), seen.did]).toEqual([true, seen.did]);
});

const silent: Framework = { ask: async () => ({ text: '' }) };

test.each(faults)('a client that does nothing fails the fault "$name"', async (fault) => {
  const seen = await tryFault(fault, { run: (baseURL) => runFramework(silent, { fault, baseURL }) });
  expect([fault.isPassed(seen), seen.did.ended]).toEqual([false, 'answered']);
});

test('gives the same result in a child process, and shows it in the table', async () => {
  const [fault] = faults;
  if (fault === undefined) throw new Error('There are no faults.');
  const seen = await tryFault(fault, {
    run: (baseURL) => runInChild({ name: 'pawl', fault, baseURL, deadlineMs: 20_000 }),
  });
  const isPassed = fault.isPassed(seen);
  const outcome = { fault: fault.name, entrant: 'pawl', isPassed, did: seen.did, requests: seen.requests.length };
  const entrants = [{ name: 'pawl', versions: 'this version', by: '`Agent`' }];
  const table = formatReport({ faults: [fault], entrants, outcomes: [outcome] });
  expect(table).toContain('| nothing | pass |');
  expect(table).toContain('gave `It is 4 degrees in Oslo.`; 2 requests, ran get_weather({"city":"Oslo"})');
});

test('ends a child process that hangs at the deadline, and reports one that cannot start as dead', async () => {
  const hanging = faults.find(({ name }) => name === 'hanging tool, aborted');
  if (hanging === undefined) throw new Error('There is no such fault.');
  const at = (name: string, deadlineMs: number) =>
    tryFault(hanging, { run: (baseURL) => runInChild({ name, fault: hanging, baseURL, deadlineMs }) });
  expect((await at('pawl', 1)).did).toMatchObject({ ended: 'hung' });
  expect((await at('nobody', 20_000)).did).toMatchObject({ ended: 'died', error: expect.stringContaining('nobody') });
});

test('docs/faults.md shows the saved result of every fault', () => {
  const root = join(import.meta.dirname, '..', '..');
  const saved: MatrixTable = JSON.parse(readFileSync(join(root, 'bench', 'faults', 'results.json'), 'utf8'));
  expect(saved.faults.map(({ name }) => name)).toEqual(faults.map(({ name }) => name));
  expect(readFileSync(join(root, 'docs', 'faults.md'), 'utf8')).toContain(formatMatrix(saved));
});
