import { ConfigError } from '../base/errors.ts';
import { excerpt } from '../base/text.ts';
import type { TokenField } from './body.ts';

/** Where requests go, and what is known of who answers there. */
export interface Server {
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  readonly needsKey: boolean;
  readonly tokenField: TokenField;
}

export const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

/** @throws ConfigError for a base URL that cannot be one. */
export function serverAt(baseURL: string): Server {
  const base = parsed(baseURL);
  const path = base.pathname.replace(/\/+$/, '');
  if (path.endsWith('/chat/completions')) {
    throw new ConfigError(`baseURL "${shown(baseURL)}" ends in /chat/completions. Leave that off: it is added.`);
  }
  const { protocol, hostname, host, port, origin, search } = base;
  const isOpenAI = hostname === 'api.openai.com';
  return {
    url: `${origin}${path}/chat/completions${search}`,
    address: port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host,
    needsKey: isOpenAI,
    tokenField: isOpenAI || AZURE.test(hostname) ? 'max_completion_tokens' : 'max_tokens',
  };
}

const AZURE = /\.(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/;

function parsed(baseURL: string): URL {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(
      `baseURL "${shown(baseURL)}" is not an http or https address. Give one such as "${DEFAULT_BASE_URL}" (option baseURL, or the variable OPENAI_BASE_URL).`,
    );
  }
  if (url.username === '' && url.password === '') return url;
  throw new ConfigError(
    `baseURL for ${url.host} holds a user name or a password. Send it by the option headers instead.`,
  );
}

/** Without what may be a password or a key in it. */
function shown(baseURL: string): string {
  return excerpt(baseURL.replace(/[^/]*@/, '…@').replace(/\?.*$/s, '?…'));
}
