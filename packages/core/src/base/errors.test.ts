import { expect, test } from 'vitest';
import { HttpError } from '../model/errors.ts';
import { ConfigError, HostError, PawlError } from './errors.ts';

test.each([
  [new PawlError('It broke.', { code: 'thing.broken' }), true],
  [new ConfigError('Wrong.'), true],
  [new HostError('Two writers.', { code: 'run.live' }), true],
  [new Error('Not ours.'), false],
  [{ name: 'PawlError', code: 'thing.broken' }, false],
  ['thing.broken', false],
  [null, false],
  [undefined, false],
])('%o is a PawlError: %s', (error, answer) => {
  expect(PawlError.isInstance(error)).toBe(answer);
});

test('recognizes an error of another copy of the package', () => {
  const foreign = Object.assign(new Error('From afar.'), { [Symbol.for('pawl.PawlError')]: true });
  expect(PawlError.isInstance(foreign)).toBe(true);
});

test('a ConfigError has the code config.invalid unless another one is given', () => {
  const cause = new Error('deep down');
  const plain = new ConfigError('Wrong.');
  const special = new ConfigError('Wrong.', { code: 'config.missing_key', cause });
  const fields = ({ name, message, code, cause }: PawlError) => ({ name, message, code, cause });
  expect([plain, special].map(fields)).toEqual([
    { name: 'ConfigError', message: 'Wrong.', code: 'config.invalid', cause: undefined },
    { name: 'ConfigError', message: 'Wrong.', code: 'config.missing_key', cause },
  ]);
  expect('cause' in plain).toBe(false);
});

test('the brand of an error is not enumerable', () => {
  expect(Object.entries(new HostError('Two writers.', { code: 'run.live' }))).toEqual([
    ['name', 'HostError'],
    ['code', 'run.live'],
  ]);
});

test('isInstance accepts only errors of the class and its subclasses', () => {
  const wrong = new ConfigError('Wrong.');
  const refused = new HttpError('No.', { status: 400 });
  expect([PawlError.isInstance(wrong), ConfigError.isInstance(wrong), HttpError.isInstance(wrong)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([PawlError.isInstance(refused), HttpError.isInstance(refused), HostError.isInstance(refused)]).toEqual([
    true,
    true,
    false,
  ]);
});
