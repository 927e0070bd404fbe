import { expect, test } from 'vitest';
import { readRetryAfterMs } from './retry-after.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:20 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
  [{ 'retry-after-ms': '-1', 'retry-after': '9' }, 9000],
  [{}, undefined],
])('reads %j as a wait of %s ms', (headers: Readonly<Record<string, string>>, expected) => {
  expect(readRetryAfterMs((name) => headers[name], { now })).toEqual(expected);
});
