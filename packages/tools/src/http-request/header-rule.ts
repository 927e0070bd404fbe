import { ConfigError, ToolError } from '@pawl/core';
import { sliceStart } from '../base/whole-characters.ts';

/** Harmless wherever they go: what is wanted, and of which form. */
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

/** What may go to another origin than the one that was asked. */
export const CROSS_ORIGIN_HEADERS: readonly string[] = ['accept', 'accept-language', 'user-agent'];

/** Set by this tool or by Node: one that a model sets could make two requests of one. */
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

/** Which headers the model may set. */
export class HeaderRule {
  readonly #allowed: ReadonlySet<string>;
  readonly #secret: readonly string[];

  /** @throws ConfigError for names that are none, and those that nobody may set. */
  constructor(
    { headers, secret }: { readonly headers: readonly string[]; readonly secret: readonly string[] },
    tool: string,
  ) {
    const wrong = headers.find((name) => !NAME.test(name) || RESERVED_HEADERS.has(name) || secret.includes(name));
    if (wrong !== undefined) {
      throw new ConfigError(
        `Tool "${tool}": headers has ${JSON.stringify(wrong)}, which the model can't set. Pass names in lower case, such as "x-api-version"; what proves who asks goes into secrets.`,
      );
    }
    this.#allowed = new Set([...ALLOWED_HEADERS, ...headers]);
    this.#secret = secret;
  }

  /** The model's headers in lower case. Throws a `ToolError` for one that is not allowed. */
  check(headers: Readonly<Record<string, string>>): Record<string, string> {
    const own: Record<string, string> = {};
    for (const [given, value] of Object.entries(headers)) {
      const name = given.toLowerCase();
      if (!this.#allowed.has(name)) throw this.#createError(name);
      if (!/^[\t\x20-\x7e]{0,4000}$/.test(value)) {
        throw new ToolError(
          `The header ${name} has a value that can't be sent: line breaks, other letters than ASCII, or too many.`,
        );
      }
      own[name] = value;
    }
    return own;
  }

  #createError(name: string): ToolError {
    if (this.#secret.includes(name))
      return new ToolError(`The header ${name} is not yours to set. Leave it out, and pass auth.`);
    const allowed = [...this.#allowed].join(', ');
    return new ToolError(`The header ${JSON.stringify(sliceStart(name, 100))} may not be set. These may: ${allowed}.`);
  }
}
