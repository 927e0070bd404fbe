import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { ProtocolError } from '../chat/errors.ts';

/** How much of a reply is read at most. Beyond it the attempt fails (`response.too_large`) and is not repeated. */
export interface ResponseLimits {
  /** Bytes of the whole reply, after decoding. @defaultValue 64 MiB */
  readonly maxBytes?: number;
  /** Characters of one line or event of a stream. @defaultValue 16 Mi */
  readonly maxEventLength?: number;
  /** Calls that one reply may ask for. @defaultValue 128 */
  readonly maxToolCalls?: number;
}

export const CAPS: OptionTable<ResponseLimits> = {
  keys: { maxBytes: 'number', maxEventLength: 'number', maxToolCalls: 'number' },
  hints: {
    bytes: 'The option is "maxBytes".',
    replyBytes: 'The option is "maxBytes".',
    eventLength: 'The option is "maxEventLength".',
    calls: 'The option is "maxToolCalls".',
    maxCalls: 'The option is "maxToolCalls".',
  },
};

/** @throws ConfigError for a number that can't be one. */
export function resolveCaps({
  maxBytes = 64 * 1024 * 1024,
  maxEventLength = 16 * 1024 * 1024,
  maxToolCalls = 128,
}: ResponseLimits = {}): Required<ResponseLimits> {
  for (const [name, most] of Object.entries({ maxBytes, maxEventLength, maxToolCalls })) {
    if (typeof most === 'number' && most >= 1) continue;
    throw new ConfigError(`responseLimits.${name} is ${most}. Give a number of 1 or more, or Infinity for no limit.`);
  }
  return { maxBytes, maxEventLength, maxToolCalls };
}

/** Counts the bytes of a reply. */
export class ByteCount {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws ProtocolError once there are too many. */
  add({ length }: Uint8Array): void {
    this.#count += length;
    if (this.#count <= this.#most) return;
    const message = `The server's reply has more than ${this.#most} bytes. Nothing of it is used. If it is meant to be so long, raise responseLimits.maxBytes.`;
    throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
  }
}
