import { expect, test } from 'vitest';
import { ErrorLines } from './error-lines.ts';

const EVENT = 'event: error\ndata:';

function read(...pieces: readonly string[]): string {
  const lines = new ErrorLines();
  return pieces.map((piece) => lines.push(piece)).join('') + lines.end();
}

test.each([
  ['at the start', ['error: {}\n\n'], `${EVENT} {}\n\n`],
  ['after a line', ['data: 1\nerror: {}\n\n'], `data: 1\n${EVENT} {}\n\n`],
  ['after a line that ends in CR', ['data: 1\rerror: {}\r\r'], `data: 1\r${EVENT} {}\r\r`],
  ['in pieces', ['err', 'or', ': {}\n'], `${EVENT} {}\n`],
  ['in pieces behind a line that came in pieces', ['data: ', '1\nerr', 'or: {}\n'], `data: 1\n${EVENT} {}\n`],
  ['twice', ['error: 1\n', 'error: 2\n'], `${EVENT} 1\n${EVENT} 2\n`],
  ['twice, with CR', ['error: 1\r', 'error: 2\r'], `${EVENT} 1\r${EVENT} 2\r`],
])('turns a line that begins with error: into an event, %s', (_, pieces, expected) => {
  expect(read(...pieces)).toBe(expected);
});

test.each([
  ['in a line', ['data: error: 1\n']],
  ['at the start of a piece inside a line', ['data: ', 'error: 1\n']],
  ['of another name', ['errors: 1\n']],
  ['that ends early', ['data: 1\n', 'erro']],
  ['at the start of a piece inside a line that began like one', ['er', 'ran ', 'error: 1\n']],
  ['in nothing', ['', '']],
])('leaves a text as it is, with the word %s', (_, pieces) => {
  expect(read(...pieces)).toBe(pieces.join(''));
});
