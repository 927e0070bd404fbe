import type { JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { numberIn, patternsOf } from './resolve.ts';

/** Texts of a schema's format, patterns and length. */
export function stringArbitrary(schema: JsonSchema): fc.Arbitrary<string> {
  const { format } = schema;
  const known = typeof format === 'string' ? FORMATS[format]?.() : undefined;
  const patterns = patternsOf(schema);
  const texts = patterns.flatMap((pattern) => ofPattern(pattern) ?? []);
  const sources = [...(known === undefined ? [] : [known]), ...texts, ...(texts.length > 1 ? [joined(texts)] : [])];
  const { least, most = least + 12 } = lengthsOf(schema);
  if (sources.length === 0) return fc.string({ minLength: least, maxLength: most, unit: 'grapheme-ascii' });
  const isBounded = least > 0 || schema['maxLength'] !== undefined;
  if (sources.length === 1 && !isBounded) return sources[0] ?? fc.string();
  // Not a filter: one that nothing passes would never end.
  const count = isBounded || texts.length > 1 ? MANY : FEW;
  const tries = sources.map((source) => fc.array(source, { minLength: count, maxLength: count }));
  return fc.tuple(...tries).map((made) => best(made.flat(), schema));
}

const MANY = 20;
const FEW = 3;

function best(texts: readonly string[], schema: JsonSchema): string {
  const expressions = patternsOf(schema).flatMap((pattern) => expressionOf(pattern) ?? []);
  const { least, most = Number.POSITIVE_INFINITY } = lengthsOf(schema);
  const isRight = (text: string): boolean =>
    text.length >= least && text.length <= most && expressions.every((expression) => expression.test(text));
  const long = texts.join('');
  return [...texts, long.slice(0, least), long.slice(0, most)].find(isRight) ?? texts[0] ?? '';
}

function lengthsOf(schema: JsonSchema): { readonly least: number; readonly most?: number } {
  const [least = 0, most] = [numberIn(schema['minLength']), numberIn(schema['maxLength'])];
  return { least, ...(most !== undefined && { most: Math.max(least, most) }) };
}

/** What begins by one pattern and ends by the other often passes both. */
function joined(sources: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...sources).map((texts) => texts.join(''));
}

/** The same for the same pattern: making one takes long. `undefined`: fast-check can't, as where it looks ahead; that is left to the tool's own check. */
function ofPattern(pattern: string): fc.Arbitrary<string> | undefined {
  if (!byPattern.has(pattern)) byPattern.set(pattern, tryPattern(pattern));
  return byPattern.get(pattern);
}

/** Kept for the process: there are as many as tools have patterns. */
const byPattern = new Map<string, fc.Arbitrary<string> | undefined>();

function tryPattern(pattern: string): fc.Arbitrary<string> | undefined {
  const expression = expressionOf(pattern);
  if (expression === undefined) return undefined;
  try {
    const arbitrary = fc.stringMatching(expression, { size: 'small' });
    fc.sample(arbitrary, { seed: 0, numRuns: 1 });
    return arbitrary;
  } catch {
    return undefined;
  }
}

function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
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
  emoji: () => fc.constantFrom('🙂', '🎉', '🚲', '☔'),
  hostname: () => fc.stringMatching(/^[a-z]{1,8}\.(com|org|example)$/),
  ipv4: () => fc.ipV4(),
  ipv6: () => fc.ipV6(),
  jwt: () =>
    fc.base64String({ minLength: 8, maxLength: 40 }).map((text) => [JWT_HEAD, JWT_BODY, text].map(urlSafe).join('.')),
  uri: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  url: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  uuid: () => fc.uuid({ version: 4 }),
};

const JWT_HEAD = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64');
const JWT_BODY = Buffer.from('{"sub":"nobody"}').toString('base64');

function urlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
