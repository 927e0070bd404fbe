import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import type { Contestant } from '../../bench/faults/contestant.ts';
import { drive } from '../../bench/faults/drive.ts';
import { faults } from '../../bench/faults/faults.ts';
import { inChild } from '../../bench/faults/in-child.ts';
import { type MatrixOf, matrix } from '../../bench/faults/matrix.ts';
import { pawl } from '../../bench/faults/pawl.ts';
import { report } from '../../bench/faults/report.ts';
import { tryFault } from '../../bench/faults/try-fault.ts';

test.each(faults)('of the fault "$name" Pawl makes what counts as a pass', async (fault) => {
  const clock = manualClock();
  const seen = await tryFault(fault, {
    clock,
    drive: (baseURL) => drive(pawl({ clock }), { fault, baseURL }),
  });
  expect([fault.isPassed(seen), seen.did]).toEqual([true, seen.did]);
});

const silent: Contestant = { ask: async () => ({ text: '' }) };

test.each(faults)('of the fault "$name" somebody who answers nothing makes no pass', async (fault) => {
  const seen = await tryFault(fault, { drive: (baseURL) => drive(silent, { fault, baseURL }) });
  expect([fault.isPassed(seen), seen.did.ended]).toEqual([false, 'answered']);
});

test('in a process of its own it is the same, and the table says so', async () => {
  const [fault] = faults;
  if (fault === undefined) throw new Error('There are no faults.');
  const seen = await tryFault(fault, {
    drive: (baseURL) => inChild({ name: 'pawl', fault, baseURL, deadlineMs: 20_000 }),
  });
  const isPassed = fault.isPassed(seen);
  const outcome = { fault: fault.name, entrant: 'pawl', isPassed, did: seen.did, requests: seen.requests.length };
  const entrants = [{ name: 'pawl', versions: 'this version', by: '`Agent`' }];
  const table = report({ faults: [fault], entrants, outcomes: [outcome] });
  expect(table).toContain('| nothing | pass |');
  expect(table).toContain('gave `It is 4 degrees in Oslo.`; 2 requests, ran get_weather({"city":"Oslo"})');
});

test('one that hangs is ended at the deadline, and one that can’t begin has died', async () => {
  const hanging = faults.find(({ name }) => name === 'hanging tool, aborted');
  if (hanging === undefined) throw new Error('There is no such fault.');
  const at = (name: string, deadlineMs: number) =>
    tryFault(hanging, { drive: (baseURL) => inChild({ name, fault: hanging, baseURL, deadlineMs }) });
  expect((await at('pawl', 1)).did).toMatchObject({ ended: 'hung' });
  expect((await at('nobody', 20_000)).did).toMatchObject({ ended: 'died', error: expect.stringContaining('nobody') });
});

test('docs/faults.md shows the saved result of every fault', () => {
  const root = join(import.meta.dirname, '..', '..');
  const saved: MatrixOf = JSON.parse(readFileSync(join(root, 'bench', 'faults', 'results.json'), 'utf8'));
  expect(saved.faults.map(({ name }) => name)).toEqual(faults.map(({ name }) => name));
  expect(readFileSync(join(root, 'docs', 'faults.md'), 'utf8')).toContain(matrix(saved));
});
