import { flow } from '@pawl/core/flow';
import { dbosHost } from '@pawl/dbos';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { expectSurvives } from '../invariants/expect-survival.ts';
import { research } from '../invariants/scenarios-flows.ts';
import { innerRuns } from '../invariants/scenarios-inner-runs.ts';
import { waitForStatus } from './workers.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

test('a worker works on a queued flow by itself, and continues it after an answer', async () => {
  const double = flow({
    name: 'double',
    run: async ({ value }: { readonly value: number }, { ask }) =>
      value * (await ask('By?', { step: 'by', answer: z.number() })),
  });
  const host = await dbosHost({ url: await postgres.createDatabase(), executorId: 'worker', agents: [double] });
  onTestFinished(() => host.close({ graceMs: 0 }));
  const runId = await double.enqueue({ value: 21 }, { host });
  const { outcome } = await waitForStatus(host, runId, ['suspended']);
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = outcome?.status === 'suspended' ? outcome.pending : [];
  await host.answer(runId, id, { type: 'result', fingerprint, value: 2 });
  expect((await waitForStatus(host, runId, ['completed'])).outcome).toMatchObject({ output: 42 });
});

test.each([
  { scenario: research, moment: 'after' as const },
  { scenario: innerRuns, moment: 'after' as const },
])(
  'resumes to the same result when the process dies $moment any step: $scenario.name',
  async ({ scenario, moment }) => {
    const host = await dbosHost({ url: await postgres.createDatabase(), executorId: 'worker', agents: [] });
    onTestFinished(() => host.close({ graceMs: 0 }));
    let opened = 0;
    const open = async () => {
      if (opened++ > 0) expect(await host.deleteRuns({ runIds: ['run'] })).toBe(1);
      return host;
    };
    await expectSurvives(scenario, { moment, open });
  },
);
