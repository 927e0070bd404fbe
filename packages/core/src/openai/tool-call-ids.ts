import { hashText } from '../base/hash-text.ts';
import { isRecord } from '../base/json.ts';

/** Which ids of tool calls a server takes. */
export interface ToolCallIdRule {
  /** A regular expression for a whole id: `'[a-zA-Z0-9]{9}'`. */
  readonly pattern: string;
  /** How many letters and digits an id has that is made in the place of another one, 9 to 64. */
  readonly length: number;
}

/**
 * The ids of tool calls as a server takes them. An id that fits stays; any other is replaced by a hash of itself, so that a call and its
 * result agree in every request, process and resumed run.
 *
 * Two ids never become one: an id whose place is taken is hashed again. With nine characters, the shortest rule there is, that happens
 * about once in 10^10 conversations of 1000 calls; only then does an id depend on what was sent before it.
 */
export class ToolCallIds {
  readonly #rule: ToolCallIdRule;
  readonly #pattern: RegExp;
  readonly #sent = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(rule: ToolCallIdRule) {
    this.#rule = rule;
    this.#pattern = patternOf(rule);
  }

  wireId(id: string): string {
    if (typeof id !== 'string') return id; // From JavaScript: the server says what it thinks of it.
    const known = this.#sent.get(id);
    if (known !== undefined) return known;
    let free = this.#pattern.test(id) ? id : hashedId(id, this.#rule);
    for (let count = 1; this.#taken.has(free); count++) free = hashedId(`${id}\n${count}`, this.#rule);
    this.#taken.add(free);
    this.#sent.set(id, free);
    return free;
  }
}

/** What to do about a value that is no rule; `undefined` where it is one. */
export function fixForRule(value: unknown): string | undefined {
  const { pattern, length } = isRecord(value) ? value : {};
  if (typeof pattern !== 'string' || typeof length !== 'number' || !(length >= 9 && length <= 64)) {
    return 'Give "any", or { pattern, length }: a regular expression for a whole id, and the length of one that is made, 9 to 64.';
  }
  try {
    const isUsable = patternOf({ pattern }).test(hashedId('call_1', { length }));
    return isUsable ? undefined : `Give a pattern that ${length} letters and digits fit, or another length.`;
  } catch {
    return 'Give a pattern that is a regular expression.';
  }
}

function patternOf({ pattern }: Pick<ToolCallIdRule, 'pattern'>): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** 64 bits of a hash give 10 letters and digits at least; longer ids take several. */
function hashedId(id: string, { length }: Pick<ToolCallIdRule, 'length'>): string {
  let made = '';
  for (let part = 0; made.length < length; part++)
    made += digits(BigInt(`0x${hashText(part === 0 ? id : `${part} ${id}`)}`));
  return made.slice(0, length);
}

/** The lowest digit first: it is the one that depends on all bits. */
function digits(value: bigint): string {
  let text = '';
  for (let count = 0; count < DIGITS_OF_A_HASH; count++) {
    text += ALPHABET[Number(value % BASE)];
    value /= BASE;
  }
  return text;
}

const DIGITS_OF_A_HASH = 10;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE = BigInt(ALPHABET.length);
