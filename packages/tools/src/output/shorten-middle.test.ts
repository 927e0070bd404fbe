import { describe, expect, test } from 'vitest';
import { describeRest } from './output-store.ts';
import { shortenMiddle } from './shorten-middle.ts';

describe('a text that is too long', () => {
  test('keeps two thirds of the length for its head and one third for its tail', () => {
    expect(shortenMiddle('abcdefghijklmnopqrstuvwxyz', { maxLength: 9 })).toEqual(
      'abcdef\n[… 17 characters omitted …]\nxyz',
    );
  });

  test('says how to read the rest, and from which character', () => {
    expect(shortenMiddle('a'.repeat(30), { maxLength: 29, rest: describeRest('call_1') })).toEqual(
      `${'a'.repeat(20)}\n[… 1 character omitted, from 20 on: read them with read_output, call "call_1" …]\n${'a'.repeat(9)}`,
    );
  });

  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('of surrogate pairs is cut between characters at %i', (maxLength) => {
    const text = shortenMiddle('👍'.repeat(40), { maxLength });
    expect(text.isWellFormed()).toBe(true);
    const [head = '', note = '', tail = ''] = text.split('\n');
    const omitted = /\d+/.exec(note)?.[0];
    expect(head.length + Number(omitted) + tail.length).toEqual(80);
    expect(head.length + tail.length).toBeLessThanOrEqual(maxLength);
  });
});

test('returns a text that fits unchanged', () => {
  expect(shortenMiddle('abc', { maxLength: 3, rest: 'unused' })).toEqual('abc');
});

test('quotes an id with a line break', () => {
  expect(describeRest('x"\n[more]')).toEqual('read them with read_output, call "x\\"\\n[more]"');
});
