import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@pawl/core';
import { expect, test } from 'vitest';
import { ERROR_CODES, NOT_CODES } from '../../scripts/error-codes.ts';
import { buildErrorsPage } from '../../scripts/errors.ts';
import { readEvents } from '../../scripts/events.ts';

const root = join(import.meta.dirname, '..', '..');
const source = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((file) => !/\.(test|fixture|test-d)\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

test('docs/reference/errors.md is current', () => {
  expect(readFileSync(join(root, 'docs', 'reference', 'errors.md'), 'utf8')).toBe(buildErrorsPage());
});

test('the catalogue of error codes has every code of the source', () => {
  const nouns = [...new Set(Object.keys(ERROR_CODES).map((code) => code.split('.')[0]))];
  const literals = source.matchAll(new RegExp(`'((?:${nouns.join('|')})\\.[a-z_]+)'`, 'g'));
  const events: readonly string[] = readEvents().map(({ type }) => type);
  const unknown = [...literals].map(([, code = '']) => code).filter((code) => !Object.hasOwn(ERROR_CODES, code));
  expect(unknown.filter((code) => !events.includes(code) && !NOT_CODES.includes(code))).toEqual([]);
});

test('the source has every code of the catalogue', () => {
  const isMade = (code: string): boolean => {
    const [noun = ''] = code.split('.');
    if (code.endsWith('>')) return source.includes(`\`${noun}.\${`);
    return source.includes(`'${code}'`) || (noun === 'run' && STATUSES.includes(code.slice('run.'.length)));
  };
  expect(Object.keys(ERROR_CODES).filter((code) => !isMade(code))).toEqual([]);
});

test('the catalogue names classes of core that exist', () => {
  const classes = Object.values(ERROR_CODES).map(({ class: name }) => name);
  const missing = [...new Set(classes)].filter((name) => !(name in core) && !source.includes(`class ${name} `));
  expect(missing).toEqual([]);
});

const STATUSES = ['suspended', 'limited', 'truncated', 'filtered', 'refused', 'aborted', 'failed'];
