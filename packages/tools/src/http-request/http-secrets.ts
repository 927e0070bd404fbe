import { ConfigError, checkOptions, type OptionTable, ToolError } from '@pawl/core';
import { redactSecrets } from '../base/redact-secrets.ts';
import { checkHostnames, type HostnamePattern, matchesHostname } from '../net/hostname-pattern.ts';

/** What proves who asks; the model knows its name and nothing else. */
export interface HttpSecret {
  /** Where it may go. */
  readonly hostnames: readonly HostnamePattern[];
  /** @defaultValue 'authorization' */
  readonly header?: string;
  /** Whether it goes by `http:` too, where anybody on the way can read it. @defaultValue 'refuse' */
  readonly plaintext?: 'refuse' | 'accept';
  /** The header's whole value, such as `Bearer …`. Asked for each request, at the last moment. */
  readonly value: () => string | Promise<string>;
}

/** A value is quoted by nobody. */
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

/** The secrets that a tool has, by name. */
export class HttpSecrets {
  readonly #secrets: Readonly<Record<string, HttpSecret>>;

  /** @throws ConfigError for hosts and headers that are none. */
  constructor(secrets: Readonly<Record<string, HttpSecret>>, tool: string) {
    for (const [name, secret] of Object.entries(secrets)) {
      const { hostnames: hosts, header, value } = checkOptions(secret, SECRET, `Tool "${tool}", secret "${name}"`);
      checkHostnames(hosts, tool);
      if (typeof value !== 'function')
        throw new ConfigError(
          `Tool "${tool}": secret "${name}" has no value. Pass a function: () => process.env.TOKEN.`,
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

  /** Headers that only a secret sets. */
  get headers(): readonly string[] {
    return Object.values(this.#secrets).map(({ header = 'authorization' }) => header);
  }

  /** Only for its own hosts. Rejects with a `ToolError` that has nothing of it. */
  async resolveHeader(name: string, url: URL): Promise<SecretHeader> {
    const secret = Object.hasOwn(this.#secrets, name) ? this.#secrets[name] : undefined;
    if (secret === undefined)
      throw new ToolError(`There is no auth "${name}". There is: ${this.names.join(', ') || 'none'}.`);
    const { hostnames: hosts, header = 'authorization', value, plaintext = 'refuse' } = secret;
    if (!matchesHostname(url.hostname, hosts))
      throw new ToolError(`auth "${name}" is not for ${url.hostname}. It is for: ${hosts.join(', ')}.`);
    if (url.protocol !== 'https:' && plaintext === 'refuse') {
      throw new ToolError(`auth "${name}" goes by https: only: by http: anybody on the way could read it.`);
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
    // Its message may have what it is about.
  }
  throw new ToolError(`auth "${name}" has no value here: nothing was sent. Tell the user that it is not set up.`);
}

/** Whatever of a secret stands in a text is covered: a server may repeat what it was sent, also encoded. */
export function redactSecret(text: string, secret: SecretHeader | undefined): string {
  if (secret === undefined) return text;
  return redactSecrets(text, [secret.value, secret.value.replace(/^\S+\s+/, ''), ...decodeLogin(secret.value)]);
}

/** Name and password as a server reads them (RFC 7617), and the password alone. */
function decodeLogin(value: string): readonly string[] {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(value) ?? [];
  if (encoded === undefined) return [];
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  return [login, login.slice(login.indexOf(':') + 1)];
}
