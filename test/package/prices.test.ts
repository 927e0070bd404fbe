import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOptions } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { PRICE } from '../../packages/core/src/model/price.ts';
import { checkPriceAge, PRICE_TABLES } from '../../scripts/price-age.ts';
import { FIGURE_SOURCES, getFigureDate, PRICE_SOURCES } from '../../scripts/price-sources.ts';
import { buildPricesPage } from '../../scripts/prices.ts';

const root = join(import.meta.dirname, '..', '..');
const tables = Object.entries(PRICE_TABLES);

test('docs/reference/prices.md says what the price tables say', () => {
  const page = readFileSync(join(root, 'docs', 'reference', 'prices.md'), 'utf8');
  expect(page).toBe(buildPricesPage());
});

test('each figure of the price tables has two public sources, and each source has a figure', () => {
  const models = tables.flatMap(([, table]) => Object.keys(table.models));
  expect(Object.keys(FIGURE_SOURCES).sort()).toEqual(models.sort());
  const used = Object.values(FIGURE_SOURCES).flatMap(({ sources }) => sources);
  for (const { sources } of Object.values(FIGURE_SOURCES)) expect(new Set(sources).size).toBeGreaterThan(1);
  expect(new Set(used)).toEqual(new Set(Object.keys(PRICE_SOURCES)));
  for (const { url } of Object.values(PRICE_SOURCES)) expect(new URL(url).protocol).toBe('https:');
});

describe.each(tables)('%s', (_, table) => {
  test('is dated by its oldest figure', () => {
    const dates = Object.keys(table.models).map((model) => {
      const figure = FIGURE_SOURCES[model];
      return figure === undefined ? '' : getFigureDate(figure);
    });
    expect(table.date).toBe(dates.sort()[0]);
  });

  test('has prices above 0, cached input below other input, and input below output', () => {
    expect(checkOptions(table, PRICE, 'price')).toBe(table);
    for (const { input, cachedInput = 0, output } of Object.values(table.models)) {
      expect(input).toBeGreaterThan(0);
      expect(cachedInput).toBeLessThan(input);
      expect(output).toBeGreaterThan(input);
    }
  });
});

describe('checkPriceAge', () => {
  const table = (date?: string) => ({ ...(date !== undefined && { date }), source: 'https://example.com', models: {} });
  const now = Date.parse('2027-02-01T00:00:00Z');

  test('accepts a table on the day on which it is six months old', () => {
    expect(() => checkPriceAge({ aPrices: table('2026-08-01') }, now)).not.toThrow();
  });

  test.each([
    ['is older than six months', '2026-07-31'],
    ['has no date', undefined],
    ['has an invalid date', 'August'],
  ])('names a table that %s, and no other', (_, date) => {
    const check = (): void => checkPriceAge({ oldPrices: table(date), newPrices: table('2027-01-31') }, now);
    expect(check).toThrow(/oldPrices: .*https:\/\/example\.com/);
    expect(check).not.toThrow('newPrices');
  });

  test('is called before anything is published', () => {
    const release = readFileSync(join(root, 'scripts', 'release.ts'), 'utf8');
    const call = release.indexOf('checkPriceAge(PRICE_TABLES, Date.now());');
    expect(call).toBeGreaterThan(0);
    expect(call).toBeLessThan(release.indexOf('await publish(name)'));
  });

  test('accepts the tables as they are on the day of the oldest one', () => {
    const oldest = tables.map(([, { date = '' }]) => date).sort()[0];
    expect(() => checkPriceAge(PRICE_TABLES, Date.parse(String(oldest)))).not.toThrow();
  });
});
