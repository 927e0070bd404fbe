import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactEncoded } from './redact-encoded.ts';

test.each([
  ['no secret', 'plain words', 'plain words'],
  ['the secret twice', 'is s3cret+/ or s3cret+/?', 'is [redacted] or [redacted]?'],
  ['overlapping secrets', 'abababab', '[redacted]'],
  ['a part of the secret at the end', 'is s3cret', 'is [redacted]'],
  ['a part of the secret before a cut', 'is s3cret… (9 more)', 'is [redacted]… (9 more)'],
  ['a few letters of the secret at the end', 'is s3cr', 'is s3cr'],
  ['the secret escaped as JSON in JSON', String.raw`"is s3cret+\\\/."`, '"is [redacted]."'],
  ['the secret escaped in a URL', '/v1?key=s3cret%2B%2F&a=1', '/v1?key=[redacted]&a=1'],
  ['the secret escaped in HTML', '<b>s3cret&#43;&#x2F;</b>', '<b>[redacted]</b>'],
  ['the secret next to another escape', '%41 s3cret+/ &amp;', '%41 [redacted] &amp;'],
])('redacts a text with %s', (_, text, expected) => {
  expect(redactEncoded(text, ['s3cret+/', 'ababab'])).toEqual(expected);
});

const WAYS: readonly ((text: string) => string)[] = [
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => text.replaceAll('/', '\\/'),
  (text) => encodeURIComponent(text),
  (text) => new URLSearchParams({ text }).toString().slice('text='.length),
  (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;'),
];

test('redacts any secret, escaped any number of times', () => {
  const secrets = fc
    .string({ minLength: 6, maxLength: 40, unit: 'grapheme-ascii' })
    .filter((text) => text.trim() === text);
  fc.assert(
    fc.property(secrets, fc.array(fc.constantFrom(...WAYS), { maxLength: 2 }), (secret, ways) => {
      const written = ways.reduce((text, way) => way(text), secret);
      expect(redactEncoded(`{${written}}`, [secret])).toEqual('{[redacted]}');
    }),
  );
});
