import { ConfigError, ToolError } from '@pawl/core';
import { sliceStart } from '../base/whole-characters.ts';

/** Headers that are harmless at every server: content negotiation and conditions. */
const ALLOWED_HEADERS: readonly string[] = [
  'accept',
  'accept-language',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
  'range',
];

/** Headers that a redirect may carry to another origin. */
export const CROSS_ORIGIN_HEADERS: readonly string[] = ['accept', 'accept-language', 'user-agent'];

/** Headers that this tool or Node sets. A model that sets them could split one request into two. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
]);

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

/** Decides which headers the model may set. */
export class HeaderRule {
  readonly #allowed: ReadonlySet<string>;
  readonly #secret: readonly string[];

  /** @throws ConfigError if a name is invalid, reserved, or belongs to a secret. */
  constructor(
    { headers, secret }: { readonly headers: readonly string[]; readonly secret: readonly string[] },
    tool: string,
  ) {
    const wrong = headers.find((name) => !NAME.test(name) || RESERVED_HEADERS.has(name) || secret.includes(name));
    if (wrong !== undefined) {
      throw new ConfigError(
        `Tool "${tool}": headers has ${JSON.stringify(wrong)}, which the model cannot set. Pass names in lower case, such as "x-api-version", and credentials as secrets.`,
      );
    }
    this.#allowed = new Set([...ALLOWED_HEADERS, ...headers]);
    this.#secret = secret;
  }

  /** Returns the model's headers with names in lower case. Throws a `ToolError` if one is not allowed. */
  check(headers: Readonly<Record<string, string>>): Record<string, string> {
    const own: Record<string, string> = {};
    for (const [key, value] of Object.entries(headers)) {
      const name = key.toLowerCase();
      if (!this.#allowed.has(name)) throw this.#createError(name);
      if (!/^[\t\x20-\x7e]{0,4000}$/.test(value)) {
        throw new ToolError(
          `The header ${name} has an invalid value. Pass at most 4000 ASCII characters without line breaks.`,
        );
      }
      own[name] = value;
    }
    return own;
  }

  #createError(name: string): ToolError {
    if (this.#secret.includes(name)) return new ToolError(`The header ${name} cannot be set. Omit it, and pass auth.`);
    const allowed = [...this.#allowed].join(', ');
    return new ToolError(
      `The header ${JSON.stringify(sliceStart(name, 100))} is not allowed. Use only these headers: ${allowed}.`,
    );
  }
}
