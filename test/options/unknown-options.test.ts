import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, ConfigError, type RunEvent } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { FACTORIES } from './factories.ts';
import { removeFiles } from './factory.ts';

afterAll(removeFiles);

/** Returns the error that a function throws or rejects with; `undefined` if there is none. */
async function catchError(make: () => unknown): Promise<unknown> {
  try {
    const made: unknown = make();
    // A run is a thenable that may fail for other reasons, so it is not awaited.
    if (made instanceof Promise) await made;
    return undefined;
  } catch (error) {
    return error;
  }
}

function never(options: unknown): never {
  return options as never;
}

const withoutServer = FACTORIES.filter(({ name }) => !name.startsWith('dbos'));

describe.each(FACTORIES)('$name', ({ name, make, valid, isOptional, wrong }) => {
  test.runIf(withoutServer.some((each) => each.name === name))(
    'accepts valid options and undefined values',
    async () => {
      expect(await catchError(() => make(never({ ...valid, [UNKNOWN]: undefined })))).toBeUndefined();
    },
  );

  test('refuses an unknown option, also from a spread object', async () => {
    for (const options of [
      { ...valid, ...{ [UNKNOWN]: 0 } },
      { [UNKNOWN]: null, ...valid },
    ]) {
      const error = await catchError(() => make(never(options)));
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain(`there is no option "${UNKNOWN}". The options are: `);
    }
  });

  test('refuses an inherited option and a field of an instance', async () => {
    for (const options of [
      Object.create({ ...valid, [UNKNOWN]: 1 }),
      Object.assign(new (class Own {})(), valid, { [UNKNOWN]: 1 }),
    ]) {
      expect(String(await catchError(() => make(never(options))))).toMatch(
        new RegExp(`there is no option "${UNKNOWN}"|has none of the options`),
      );
    }
  });

  test.each([[null], ['text'], [5], [[]], [() => 1]])('refuses %o instead of the options', async (options) => {
    if (name === 'withFaults' && Array.isArray(options)) return; // Faults may be a list.
    expect(await catchError(() => make(never(options)))).toBeInstanceOf(ConfigError);
  });

  test.skipIf(isOptional === true)('refuses missing options', async () => {
    expect(await catchError(() => make(never(undefined)))).toBeInstanceOf(ConfigError);
  });

  test.each(wrong)('refuses %o', async (options, problem) => {
    const error = await catchError(() => make(never({ ...valid, ...options })));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(problem);
  });
});

/** A name that resembles no option. */
const UNKNOWN = 'qqzzqqzzqqzzqqzz';

/** Options of authors of hosts, of middleware and of handlers, and parts of other options. */
const NO_FACTORY = [
  'ClaimOptions',
  'WaitOptions',
  'NextModelCallOptions',
  'JailOptions',
  'ProblemOptions',
  'SqlOptions',
];

test('covers every exported interface of options', () => {
  const listed = readFileSync(join(import.meta.dirname, '..', 'package', 'exports.txt'), 'utf8');
  const exported = [...listed.matchAll(/: type (\w+Options)$/gm)].map(([, name = '']) => name);
  const covered = FACTORIES.flatMap(({ covers }) => covers);
  expect([...new Set(exported)].filter((name) => !covered.includes(name)).sort()).toEqual([...NO_FACTORY].sort());
});

describe('listeners of a run', () => {
  const run = () => new Agent({ model: scriptedModel([respond.text('Hello.')]) }).run('Hi.');

  test.each([
    ['text', 'Did you mean "text.delta"?'],
    ['finished', 'Did you mean "run.finished" or "tool.finished" or "step.finished"?'],
    ['tool.finishd', 'Did you mean "tool.finished"?'],
    ['toString', 'The types are: *, run.started,'],
    ['', 'Did you mean "*"?'],
    [undefined, 'there is no event undefined.'],
  ])('refuses the event type %j', (type, fix) => {
    expect(() => run().on(never(type), () => undefined)).toThrow(fix);
    expect(() => run().off(never(type), () => undefined)).toThrow(fix);
  });

  test.each([undefined, null, 'log', {}])('refuses %o as a listener', (listener) => {
    expect(() => run().on('run.finished', never(listener))).toThrow(ConfigError);
  });

  test('accepts every event type that a run emits', async () => {
    const types = new Set<RunEvent['type']>();
    const first = run();
    first.on('*', ({ type }) => types.add(type));
    await first;
    for (const type of types) expect(() => run().on(type, () => undefined)).not.toThrow();
    expect(types.size).toBeGreaterThan(3);
  });
});
