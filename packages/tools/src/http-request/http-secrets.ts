import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { redactSecrets } from '../base/redact-secrets.ts';
import { checkHostnames, type HostnamePattern, matchesHostname } from '../net/hostname-pattern.ts';

/** A credential. The model knows its name and nothing else. */
export interface HttpSecret {
  /** Hostnames that may receive it. */
  readonly hostnames: readonly HostnamePattern[];
  /** The header's name in lower case. @defaultValue 'authorization' */
  readonly header?: string;
  /** Whether it may be sent over `http:`, where others can read it. @defaultValue 'refuse' */
  readonly plaintext?: 'refuse' | 'accept';
  /** Returns the header's whole value, such as `Bearer …`. Called for each request, right before it is sent. */
  readonly value: () => string | Promise<string>;
}

/** `header` and `value` are checked below: an error must not quote a credential. */
const SECRET: OptionTable<HttpSecret> = {
  keys: { hostnames: 'any', header: 'any', plaintext: { refuse: true, accept: true }, value: 'any' },
  hints: {
    host: 'The option is "hostnames", a list.',
    hosts: 'The option is "hostnames", a list.',
    token: 'The option is "value", a function.',
    apiKey: 'The option is "value", a function.',
    http: 'The option is "plaintext": "accept".',
  },
};

export interface SecretHeader {
  readonly header: string;
  readonly value: string;
}

/** The secrets of a tool, by name. */
export class HttpSecrets {
  readonly #secrets: Readonly<Record<string, HttpSecret>>;

  /** @throws ConfigError if a hostname, a header or a value is invalid. */
  constructor(secrets: Readonly<Record<string, HttpSecret>>, tool: string) {
    for (const [name, secret] of Object.entries(secrets)) {
      const { hostnames, header, value } = checkOptions(secret, SECRET, `Tool "${tool}", secret "${name}"`);
      checkHostnames(hostnames, tool);
      if (typeof value !== 'function')
        throw new ConfigError(
          `Tool "${tool}": secret "${name}" has a value that is not a function. Pass a function: () => process.env.TOKEN.`,
        );
      if (header !== undefined && !/^[a-z0-9-]+$/.test(header)) {
        throw new ConfigError(
          `Tool "${tool}": secret "${name}" has header ${JSON.stringify(header)}. Pass its name in lower case.`,
        );
      }
    }
    this.#secrets = { ...secrets };
  }

  get names(): readonly string[] {
    return Object.keys(this.#secrets);
  }

  /** Names of the headers that only a secret sets. */
  get headers(): readonly string[] {
    return Object.values(this.#secrets).map(({ header = 'authorization' }) => header);
  }

  /** Returns a secret's header for an address. Rejects with a `ToolError`, which never contains the value. */
  async resolveHeader(name: string, url: URL): Promise<SecretHeader> {
    const secret = Object.hasOwn(this.#secrets, name) ? this.#secrets[name] : undefined;
    if (secret === undefined)
      throw new ToolError(`There is no auth "${name}". Use one of: ${this.names.join(', ') || 'none'}.`);
    const { hostnames, header = 'authorization', value, plaintext = 'refuse' } = secret;
    if (!matchesHostname(url.hostname, hostnames))
      throw new ToolError(`auth "${name}" is not for ${url.hostname}. Use it only for: ${hostnames.join(', ')}.`);
    if (url.protocol !== 'https:' && plaintext === 'refuse') {
      throw new ToolError(`auth "${name}" requires https:. Use an https: address.`);
    }
    const found = await resolveValue(value, name);
    return { header, value: found };
  }
}

async function resolveValue(value: HttpSecret['value'], name: string): Promise<string> {
  try {
    const found: unknown = await value();
    if (typeof found === 'string' && found !== '' && !/[\r\n\0]/.test(found)) return found;
  } catch {
    // The error's message may contain the value.
  }
  throw new ToolError(`auth "${name}" has no value. Nothing was sent. Tell the user that it is not set up.`);
}

/** Redacts a secret in a text: a server may echo a header, also encoded. */
export function redactSecret(text: string, secret: SecretHeader | undefined): string {
  if (secret === undefined) return text;
  return redactSecrets(text, [secret.value, secret.value.replace(/^\S+\s+/, ''), ...decodeLogin(secret.value)]);
}

/** Decodes the credentials of `Basic` (RFC 7617): name and password, and the password alone. */
function decodeLogin(value: string): readonly string[] {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(value) ?? [];
  if (encoded === undefined) return [];
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  return [login, login.slice(login.indexOf(':') + 1)];
}
