import type { Json } from '@pawl/core';
import { CURRENCY_CODES } from './currencies.ts';
import type { Lane, StringLimits } from './lane.ts';
import type { Mention, MentionKind } from './mention.ts';
import type { Shape } from './schema-shape.ts';

/** Whether a mention could be a value of this shape: by its kind, and by the limits of the schema. */
export function admits(shape: Shape, mention: Mention): boolean {
  switch (shape.type) {
    case 'number':
      return mention.kind === 'number' || (mention.kind === 'id' && /^\d+$/.test(mention.text));
    case 'string':
      return (
        KINDS[shape.lane].includes(mention.kind) &&
        !isMisplaced(shape.lane, mention) &&
        isWithin(mention.text, shape.limits)
      );
    case 'boolean':
    case 'choice':
    case 'list':
    case 'record':
    case 'null':
      return false;
  }
}

/** A mention as a value. Only for shapes that admit it. */
export function asValue(shape: Shape, { text }: Mention): Json {
  if (shape.type !== 'number') return text;
  return Number(text);
}

const KINDS: Readonly<Record<Lane, readonly MentionKind[]>> = {
  file: ['file', 'quoted'],
  url: ['url', 'quoted'],
  email: ['email'],
  date: ['date', 'quoted'],
  code: ['code', 'quoted', 'name', 'id', 'text'],
  id: ['id', 'number', 'quoted', 'code'],
  name: ['name', 'quoted', 'code', 'word', 'text'],
  text: ['quoted', 'text'],
  any: ['quoted', 'name', 'id', 'code', 'email', 'url', 'file', 'date', 'number', 'text'],
};

/** Currencies are nobody's name; a name is a code only where it looks like one. */
function isMisplaced(lane: Lane, { kind, text }: Mention): boolean {
  if (lane === 'name') return kind === 'code' && CURRENCY_CODES.has(text);
  return lane === 'code' && kind !== 'code' && !/^[A-Z]{2,4}$/.test(text);
}

function isWithin(text: string, { minLength, maxLength, pattern }: StringLimits): boolean {
  if (text.length < minLength || text.length > maxLength) return false;
  return pattern === undefined || (patternOf(pattern)?.test(text) ?? true);
}

/** `undefined` for what is no pattern in this language. */
export function patternOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}
