import type { JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { readNumber, readPatterns } from './resolve.ts';

/** Texts that fit the format, the patterns and the length of a schema. */
export function createStringArbitrary(schema: JsonSchema): fc.Arbitrary<string> {
  const { format } = schema;
  const known = typeof format === 'string' ? FORMATS[format]?.() : undefined;
  const patterns = readPatterns(schema);
  const texts = patterns.flatMap((pattern) => getPatternArbitrary(pattern) ?? []);
  const sources = [
    ...(known === undefined ? [] : [known]),
    ...texts,
    ...(texts.length > 1 ? [joinArbitraries(texts)] : []),
  ];
  const { least, most = least + 12 } = readLengths(schema);
  if (sources.length === 0) return fc.string({ minLength: least, maxLength: most, unit: 'grapheme-ascii' });
  const isBounded = least > 0 || schema['maxLength'] !== undefined;
  if (sources.length === 1 && !isBounded) return sources[0] ?? fc.string();
  // Chooses among a fixed number of texts: a filter that no text passes would never end.
  const count = isBounded || texts.length > 1 ? MANY : FEW;
  const tries = sources.map((source) => fc.array(source, { minLength: count, maxLength: count }));
  return fc.tuple(...tries).map((made) => chooseBest(made.flat(), schema));
}

const MANY = 20;
const FEW = 3;

function chooseBest(texts: readonly string[], schema: JsonSchema): string {
  const expressions = readPatterns(schema).flatMap((pattern) => compilePattern(pattern) ?? []);
  const { least, most = Number.POSITIVE_INFINITY } = readLengths(schema);
  const isRight = (text: string): boolean =>
    text.length >= least && text.length <= most && expressions.every((expression) => expression.test(text));
  const long = texts.join('');
  return [...texts, long.slice(0, least), long.slice(0, most)].find(isRight) ?? texts[0] ?? '';
}

function readLengths(schema: JsonSchema): { readonly least: number; readonly most?: number } {
  const [least = 0, most] = [readNumber(schema['minLength']), readNumber(schema['maxLength'])];
  return { least, ...(most !== undefined && { most: Math.max(least, most) }) };
}

/** A text that starts by one pattern and ends by the other often matches both. */
function joinArbitraries(sources: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...sources).map((texts) => texts.join(''));
}

/**
 * Cached, since creating one is slow. `undefined` if fast-check does not support the pattern, such as lookahead: the
 * tool's own validation decides then.
 */
function getPatternArbitrary(pattern: string): fc.Arbitrary<string> | undefined {
  if (!byPattern.has(pattern)) byPattern.set(pattern, tryPattern(pattern));
  return byPattern.get(pattern);
}

/** Never cleared: the size is limited by the patterns of the tools. */
const byPattern = new Map<string, fc.Arbitrary<string> | undefined>();

function tryPattern(pattern: string): fc.Arbitrary<string> | undefined {
  const expression = compilePattern(pattern);
  if (expression === undefined) return undefined;
  try {
    const arbitrary = fc.stringMatching(expression, { size: 'small' });
    fc.sample(arbitrary, { seed: 0, numRuns: 1 });
    return arbitrary;
  } catch {
    return undefined;
  }
}

function compilePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

const createDate = (): fc.Arbitrary<Date> =>
  fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2039-12-31T00:00:00Z'), noInvalidDate: true });

const FORMATS: Readonly<Record<string, () => fc.Arbitrary<string>>> = {
  date: () => createDate().map((day) => day.toISOString().slice(0, 10)),
  'date-time': () => createDate().map((moment) => moment.toISOString()),
  time: () => createDate().map((moment) => moment.toISOString().slice(11, 19)),
  duration: () => fc.integer({ min: 1, max: 300 }).map((minutes) => `PT${minutes}M`),
  // fast-check's email addresses use more of RFC 5322 than validators accept.
  email: () => fc.stringMatching(/^[a-z]{1,8}(\.[a-z]{1,8})?@[a-z]{1,8}\.(com|org|example)$/),
  emoji: () => fc.constantFrom('🙂', '🎉', '🚲', '☔'),
  hostname: () => fc.stringMatching(/^[a-z]{1,8}\.(com|org|example)$/),
  ipv4: () => fc.ipV4(),
  ipv6: () => fc.ipV6(),
  jwt: () =>
    fc.base64String({ minLength: 8, maxLength: 40 }).map((text) => [JWT_HEAD, JWT_BODY, text].map(toUrlSafe).join('.')),
  uri: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  url: () => fc.webUrl({ validSchemes: ['https'], withQueryParameters: true }),
  uuid: () => fc.uuid({ version: 4 }),
};

const JWT_HEAD = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64');
const JWT_BODY = Buffer.from('{"sub":"nobody"}').toString('base64');

function toUrlSafe(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
