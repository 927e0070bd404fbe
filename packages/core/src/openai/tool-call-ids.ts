import { hashText } from '../base/hash-text.ts';
import { isRecord } from '../base/json.ts';

/** The ids of tool calls that a server accepts. */
export interface ToolCallIdRule {
  /** A regular expression for a whole id: `'[a-zA-Z0-9]{9}'`. */
  readonly pattern: string;
  /** The length of a replacement id, which has letters and digits: 9 to 64. */
  readonly length: number;
}

/**
 * Converts ids of tool calls to ids that a server accepts. An id that matches the rule stays. Any other is replaced by a hash of itself, so
 * that a call and its result agree in each request, process and resumed run.
 *
 * Two ids never share a replacement: an id whose replacement is used is hashed again. With 9 characters, the shortest length, that happens
 * about once in 10^10 conversations of 1000 calls. Only then does a replacement depend on earlier ids.
 */
export class ToolCallIds {
  readonly #rule: ToolCallIdRule;
  readonly #pattern: RegExp;
  readonly #wireIds = new Map<string, string>();
  readonly #usedWireIds = new Set<string>();

  constructor(rule: ToolCallIdRule) {
    this.#rule = rule;
    this.#pattern = compilePattern(rule);
  }

  toWireId(id: string): string {
    if (typeof id !== 'string') return id; // JavaScript callers may pass any value: the server reports the error.
    const known = this.#wireIds.get(id);
    if (known !== undefined) return known;
    let wireId = this.#pattern.test(id) ? id : hashId(id, this.#rule);
    for (let count = 1; this.#usedWireIds.has(wireId); count++) wireId = hashId(`${id}\n${count}`, this.#rule);
    this.#usedWireIds.add(wireId);
    this.#wireIds.set(id, wireId);
    return wireId;
  }
}

/** Returns advice if a value is not a valid rule. */
export function suggestRuleFix(value: unknown): string | undefined {
  const { pattern, length } = isRecord(value) ? value : {};
  if (typeof pattern !== 'string' || typeof length !== 'number' || !(length >= 9 && length <= 64)) {
    return 'Pass "any", or { pattern, length }: a regular expression for a whole id, and the length of a replacement, 9 to 64.';
  }
  try {
    const isUsable = compilePattern({ pattern }).test(hashId('call_1', { length }));
    return isUsable ? undefined : `Pass a pattern that ${length} letters and digits match, or another length.`;
  } catch {
    return 'Pass a pattern that is a regular expression.';
  }
}

function compilePattern({ pattern }: Pick<ToolCallIdRule, 'pattern'>): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** One 64-bit hash gives 10 characters. Longer ids use several hashes. */
function hashId(id: string, { length }: Pick<ToolCallIdRule, 'length'>): string {
  let hash = '';
  for (let part = 0; hash.length < length; part++)
    hash += encodeDigits(BigInt(`0x${hashText(part === 0 ? id : `${part} ${id}`)}`));
  return hash.slice(0, length);
}

/** Writes the lowest digit first, because it depends on all bits. */
function encodeDigits(value: bigint): string {
  let text = '';
  for (let count = 0; count < DIGITS_PER_HASH; count++) {
    text += ALPHABET[Number(value % BASE)];
    value /= BASE;
  }
  return text;
}

const DIGITS_PER_HASH = 10;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE = BigInt(ALPHABET.length);
