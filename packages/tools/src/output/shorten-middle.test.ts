import { describe, expect, test } from 'vitest';
import { describeRest } from './output-store.ts';
import { shortenMiddle } from './shorten-middle.ts';

describe('a text that is too long', () => {
  test('keeps two thirds of the room for its head, and one for its tail', () => {
    expect(shortenMiddle('abcdefghijklmnopqrstuvwxyz', { maxLength: 9 })).toEqual(
      'abcdef\n[… 17 characters left out …]\nxyz',
    );
  });

  test('says how the rest is read, and from where', () => {
    expect(shortenMiddle('a'.repeat(30), { maxLength: 29, rest: describeRest('call_1') })).toEqual(
      `${'a'.repeat(20)}\n[… 1 character left out, from 20 on: read_output has them, with call "call_1" …]\n${'a'.repeat(9)}`,
    );
  });

  test.each([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('of pairs is cut between characters at %i', (maxLength) => {
    const text = shortenMiddle('👍'.repeat(40), { maxLength });
    expect(text.isWellFormed()).toBe(true);
    const [head = '', note = '', tail = ''] = text.split('\n');
    const left = /\d+/.exec(note)?.[0];
    expect(head.length + Number(left) + tail.length).toEqual(80);
    expect(head.length + tail.length).toBeLessThanOrEqual(maxLength);
  });
});

test('a text that fits is left alone', () => {
  expect(shortenMiddle('abc', { maxLength: 3, rest: 'never said' })).toEqual('abc');
});

test('an odd id can not write lines of its own into the note', () => {
  expect(describeRest('x"\n[more]')).toEqual('read_output has them, with call "x\\"\\n[more]"');
});
