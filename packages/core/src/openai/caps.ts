import { ConfigError } from '../base/errors.ts';
import type { OptionTable } from '../base/options.ts';
import { ProtocolError } from '../chat/errors.ts';

/** How much of a reply is read at most. Beyond it the attempt fails (`reply.too_large`) and is not repeated. */
export interface Caps {
  /** Bytes of the whole reply, after decoding. @defaultValue 64 MiB */
  readonly replyBytes?: number;
  /** Characters of one line or event of a stream. @defaultValue 16 Mi */
  readonly eventLength?: number;
  /** Calls that one reply may ask for. @defaultValue 128 */
  readonly calls?: number;
}

export const CAPS: OptionTable<Caps> = {
  keys: { replyBytes: 'number', eventLength: 'number', calls: 'number' },
  hints: {
    maxBytes: 'The option is "replyBytes".',
    maxEventLength: 'The option is "eventLength".',
    maxToolCalls: 'The option is "calls".',
  },
};

/** @throws ConfigError for a number that can't be one. */
export function resolveCaps({
  replyBytes = 64 * 1024 * 1024,
  eventLength = 16 * 1024 * 1024,
  calls = 128,
}: Caps = {}): Required<Caps> {
  for (const [name, most] of Object.entries({ replyBytes, eventLength, calls })) {
    if (typeof most === 'number' && most >= 1) continue;
    throw new ConfigError(`caps.${name} is ${most}. Give a number of 1 or more, or Infinity for no limit.`);
  }
  return { replyBytes, eventLength, calls };
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
    const message = `The server's reply has more than ${this.#most} bytes. Nothing of it is used. If it is meant to be so long, raise caps.replyBytes.`;
    throw new ProtocolError(message, { code: 'reply.too_large', retryable: false });
  }
}
