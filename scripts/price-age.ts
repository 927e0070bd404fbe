// How old the tables of `@pawl/core/prices` may be when they are published.
import type { PriceTable } from '../packages/core/src/model/price.ts';
import * as tables from '../packages/core/src/openai/prices.ts';

const MAX_MONTHS = 6;

/** Every table that is published, by the name of its export, in the order of the names. */
export const PRICE_TABLES: Readonly<Record<string, PriceTable>> = Object.fromEntries(
  Object.entries(tables).sort(([a], [b]) => a.localeCompare(b)),
);

/** @throws Error for tables that are older than six months on the day `now`, in milliseconds since 1970, or have no date. */
export function checkPriceAge(all: Readonly<Record<string, PriceTable>>, now: number): void {
  const old = Object.entries(all).filter(([, { date }]) => !isRecent(date, now));
  if (old.length === 0) return;
  const list = old.map(([name, { date = 'no date', source }]) => `  ${name}: ${date}, ${source}`).join('\n');
  throw new Error(
    `These price tables are older than ${MAX_MONTHS} months:\n${list}\nCompare each figure of packages/core/src/openai/prices.ts with two sources, and update scripts/price-sources.ts.`,
  );
}

function isRecent(date: string | undefined, now: number): boolean {
  if (date === undefined) return false;
  const limit = new Date(`${date}T00:00:00Z`);
  limit.setUTCMonth(limit.getUTCMonth() + MAX_MONTHS);
  // An invalid date compares as false.
  return now <= limit.getTime();
}
