import { describe, test } from 'vitest';
import { hosts } from '../durable/hosts.ts';
import { expectSurvives } from './expect-survival.ts';
import { scenarios } from './scenarios.ts';

describe.each(hosts.flatMap(({ name, open }) => scenarios.map((scenario) => ({ scenario, name, open }))))(
  '$scenario.name, on $name',
  ({ scenario, open }) => {
    test.each(['before', 'within', 'after'] as const)(
      'resumes to the same result when the process dies %s any step',
      (moment) => expectSurvives(scenario, { moment, open }),
    );
  },
);
