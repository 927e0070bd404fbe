import { wordsOf } from './words.ts';

/** What a text argument is for, so far as its name, its description and its limits tell. */
export type Lane = 'file' | 'url' | 'email' | 'date' | 'code' | 'id' | 'name' | 'text' | 'any';

export interface StringLimits {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern?: string;
}

interface Told {
  readonly name: string;
  readonly description: string;
  readonly format: unknown;
  readonly limits: StringLimits;
}

/** The lane of a text argument. Its format and limits say more than its name, its name more than its description. */
export function laneOf({ name, description, format, limits }: Told): Lane {
  return byFormat(format) ?? byLimits(limits) ?? byWords(name) ?? byDescription(description) ?? 'any';
}

function byFormat(format: unknown): Lane | undefined {
  return typeof format === 'string' ? FORMATS.get(format) : undefined;
}

const FORMATS: ReadonlyMap<string, Lane> = new Map([
  ['uri', 'url'],
  ['url', 'url'],
  ['email', 'email'],
  ['date', 'date'],
  ['date-time', 'date'],
  ['uuid', 'id'],
]);

function byLimits({ minLength, maxLength, pattern = '' }: StringLimits): Lane | undefined {
  const isShort = minLength === maxLength && maxLength <= 3;
  return isShort || /^\^?\[A-Z\]\{[23]\}\$?$/.test(pattern) ? 'code' : undefined;
}

const LANES: readonly (readonly [Lane, ReadonlySet<string>])[] = [
  ['file', new Set('path file filename filepath dir directory folder paths files'.split(' '))],
  ['url', new Set('url uri link href website urls links'.split(' '))],
  ['email', new Set('email mail cc bcc emails'.split(' '))],
  ['date', new Set('date day when time datetime since until deadline dates'.split(' '))],
  ['code', new Set('currency iata'.split(' '))],
  ['id', new Set('id number code key sku ticket order invoice reference ids'.split(' '))],
  [
    'name',
    new Set(
      `city cities town country countries place places location locations region state person
      people name names user users customer author recipient company language airport station address who attendee
      attendees contact team`.split(/\s+/),
    ),
  ],
  [
    'text',
    new Set(
      `query q text message body content contents prompt question topic subject title search term input description
      note comment summary expression command code_snippet answer`.split(/\s+/),
    ),
  ],
];

function byWords(text: string): Lane | undefined {
  const words = wordsOf(text);
  return LANES.find(([, known]) => words.some((word) => known.has(word)))?.[0];
}

function byDescription(description: string): Lane | undefined {
  if (/currency|3[- ]letter|three[- ]letter|ISO 4217|IATA/i.test(description)) return 'code';
  return byWords(description);
}
