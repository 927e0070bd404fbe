import { dbosHost } from '@pawl/dbos';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { expectSurvives } from '../invariants/expect-survival.ts';
import { research } from '../invariants/scenarios-flows.ts';
import { innerRuns } from '../invariants/scenarios-inner-runs.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

test.each([
  { scenario: research, moment: 'before' as const },
  { scenario: research, moment: 'within' as const },
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
