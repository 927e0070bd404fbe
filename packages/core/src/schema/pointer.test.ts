import { expect, test } from 'vitest';
import { escapePointer, resolvePointer } from './pointer.ts';

const root = {
  $defs: {
    Plain: 'plain',
    Null: null,
    '100% sure': 'percent',
    'a%20b': 'percent-encoded as it is',
    'c d': 'space',
    'app/User': 'slash',
    'a~b': 'tilde',
    'x~1y': 'an escape as it is',
    é: 'letter',
    '': 'empty',
    app: { Other: 'nested' },
    constructor: 'own',
  },
  prefixItems: ['first', { inner: 'second' }],
};

test.each([
  ['#', root],
  ['#/$defs/Plain', 'plain'],
  ['#/$defs/100% sure', 'percent'],
  ['#/$defs/100%25%20sure', 'percent'],
  ['#/$defs/a%20b', 'percent-encoded as it is'],
  ['#/$defs/a%2520b', 'percent-encoded as it is'],
  ['#/$defs/c%20d', 'space'],
  ['#/$defs/app/User', 'slash'],
  ['#/$defs/app~1User', 'slash'],
  ['#/$defs/app%2FUser', 'slash'],
  ['#/$defs/app/Other', 'nested'],
  ['#/$defs/a~0b', 'tilde'],
  ['#/$defs/a~b', 'tilde'],
  ['#/$defs/x~1y', 'an escape as it is'],
  ['#/$defs/%C3%A9', 'letter'],
  ['#/%24defs/Plain', 'plain'],
  ['#/$defs/', 'empty'],
  ['#/$defs/constructor', 'own'],
  ['#/prefixItems/1/inner', 'second'],
])('finds the target of %s', (reference, place) => {
  expect(resolvePointer(root, reference)).toBe(place);
});

test.each([
  '#/$defs/Missing',
  '#/$defs/toString',
  '#/$defs/%',
  '#/$defs/%E0%A4%A',
  '#/prefixItems/7',
  '#/$defs/Plain/deeper',
  '#/$defs/Null/deeper',
  '#anchor',
  'https://example.test/#/$defs/Plain',
  '',
])('returns undefined for %s without throwing', (reference) => {
  expect(resolvePointer(root, reference)).toBeUndefined();
});

test.each(['a/b', 'a~b', '~1', 'a%b'])('finds the name %s after escaping it', (name) => {
  expect(resolvePointer({ $defs: { [name]: 1 } }, `#/$defs/${escapePointer(name)}`)).toBe(1);
});
