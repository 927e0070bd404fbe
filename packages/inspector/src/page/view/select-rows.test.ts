import { expect, test } from 'vitest';
import { findScrollTop, selectRows } from './select-rows.ts';

test('of 10,000 rows those that can be seen are in the page, with eight above and below', () => {
  expect(selectRows({ count: 10_000, rowHeight: 20, scrollTop: 100_000, height: 400 })).toEqual({
    first: 4_992,
    end: 5_028,
  });
});

test('the beginning and the end of a list are its bounds', () => {
  expect(selectRows({ count: 10_000, rowHeight: 20, scrollTop: 0, height: 400 })).toEqual({ first: 0, end: 28 });
  expect(selectRows({ count: 10_000, rowHeight: 20, scrollTop: 199_600, height: 400 })).toEqual({
    first: 9_972,
    end: 10_000,
  });
});

test('an empty list, and one that became shorter than what was scrolled, have a window', () => {
  expect(selectRows({ count: 0, rowHeight: 20, scrollTop: 0, height: 400 })).toEqual({ first: 0, end: 0 });
  expect(selectRows({ count: 3, rowHeight: 20, scrollTop: 9_000, height: 400 })).toEqual({ first: 2, end: 3 });
});

test('scrolls only as far as needed to show a row', () => {
  const view = { rowHeight: 20, scrollTop: 100, height: 200 };
  expect(findScrollTop(4, view)).toBe(80);
  expect(findScrollTop(5, view)).toBe(100);
  expect(findScrollTop(14, view)).toBe(100);
  expect(findScrollTop(15, view)).toBe(120);
});
