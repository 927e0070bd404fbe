import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { ProtocolError } from '../chat/errors.ts';

/** Limits for reading a response. Beyond a limit, the attempt fails with `response.too_large` and is not retried. */
export interface ResponseLimits {
  /** Bytes of the response body after decoding. @defaultValue 64 MiB */
  readonly maxBytes?: number;
  /** Characters of one line or event of a stream. @defaultValue 16 Mi */
  readonly maxEventLength?: number;
  /** Tool calls in one response. @defaultValue 128 */
  readonly maxToolCalls?: number;
}

export const RESPONSE_LIMITS: OptionTable<ResponseLimits> = {
  keys: { maxBytes: 'number', maxEventLength: 'number', maxToolCalls: 'number' },
  hints: {
    bytes: 'The option is "maxBytes".',
    eventLength: 'The option is "maxEventLength".',
    calls: 'The option is "maxToolCalls".',
    maxCalls: 'The option is "maxToolCalls".',
  },
};

/** @throws ConfigError if a limit is not a number of 1 or more. */
export function resolveResponseLimits({
  maxBytes = 64 * 1024 * 1024,
  maxEventLength = 16 * 1024 * 1024,
  maxToolCalls = 128,
}: ResponseLimits = {}): Required<ResponseLimits> {
  for (const [name, max] of Object.entries({ maxBytes, maxEventLength, maxToolCalls })) {
    if (typeof max === 'number' && max >= 1) continue;
    throw new ConfigError(`responseLimits.${name} is ${max}. Pass a number of 1 or more, or Infinity for no limit.`);
  }
  return { maxBytes, maxEventLength, maxToolCalls };
}

/** Counts the bytes of a response. */
export class ByteCounter {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws ProtocolError if the response exceeds the limit. */
  add({ length }: Uint8Array): void {
    this.#count += length;
    if (this.#count <= this.#max) return;
    const message = `The server's response has more than ${this.#max} bytes and is discarded. If it is meant to be this long, raise responseLimits.maxBytes.`;
    throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
  }
}
