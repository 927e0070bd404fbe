import type { JsonSchema } from '@pawl/core';
import fc from 'fast-check';
import { numberIn } from './resolve.ts';

/** Texts of a schema's format, pattern and length. */
export function stringArbitrary(schema: JsonSchema): fc.Arbitrary<string> {
  const { format, pattern } = schema;
  const least = numberIn(schema['minLength']) ?? 0;
  const most = Math.max(least, numberIn(schema['maxLength']) ?? least + 12);
  const known = typeof format === 'string' ? FORMATS[format]?.() : undefined;
  const matching = known ?? (typeof pattern === 'string' ? ofPattern(pattern) : undefined);
  if (matching === undefined) return fc.string({ minLength: least, maxLength: most, unit: 'grapheme-ascii' });
  // Not a filter: one that nothing passes would never end.
  return fc.array(matching, { minLength: 20, maxLength: 20 }).map((tries) => {
    return tries.find(({ length }) => length >= least && length <= (numberIn(schema['maxLength']) ?? length)) ?? '';
  });
}

/** What fast-check can't make of a pattern, such as one that looks ahead, is left to the tool's own check. */
function ofPattern(pattern: string): fc.Arbitrary<string> | undefined {
  try {
    const arbitrary = fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
    fc.sample(arbitrary, { seed: 0, numRuns: 1 });
    return arbitrary;
  } catch {
    return undefined;
  }
}

const date = (): fc.Arbitrary<Date> =>
  fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2039-12-31T00:00:00Z'), noInvalidDate: true });

const FORMATS: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  date: () => date().map((day) => day.toISOString().slice(0, 10)),
  'date-time': () => date().map((moment) => moment.toISOString()),
  time: () => date().map((moment) => moment.toISOString().slice(11, 19)),
  duration: () => fc.integer({ min: 1, max: 300 }).map((minutes) => `PT${minutes}M`),
  // fast-check's own takes more of RFC 5322 than validators do.
  email: () => fc.stringMatching(/^[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{1,8}\.(com|org|example)$/),
  hostname: () => fc.stringMatching(/^[a-z]{1,8}\.(com|org|example)$/),
  ipv4: () => fc.ipV4(),
  ipv6: () => fc.ipV6(),
  uri: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  url: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  uuid: () => fc.uuid({ version: 4 }),
};
