import { isRecord } from '../base/json.ts';
import { NetworkError } from '../model/errors.ts';
import { type Redact, withoutSecrets } from './secrets.ts';
import type { TransportError } from './transport/transport.ts';

export interface NetworkErrorContext {
  /** `host:port`. */
  readonly address: string;
  readonly redact: Redact;
}

/** What a transport's failure is to the caller: the address, what happened to it, and what to do. */
export function networkError(failure: TransportError, { address, redact }: NetworkErrorContext): NetworkError {
  const signs = signsOf(failure.cause);
  const trouble = TROUBLES.find(({ codes }) => signs.codes.some((code) => codes.test(code))) ?? UNKNOWN;
  const phase = failure.phase === 'request' && signs.connecting ? 'connect' : failure.phase;
  const cause = withoutSecrets(failure.cause, redact);
  const detail = signs.codes[0] ?? (deepest(cause).message || cause.name);
  const { code, retryable = true, advice } = trouble;
  const way = failure.proxy === undefined ? '' : ` through the proxy ${failure.proxy}`;
  const message = `${WHAT[phase]} ${address}${way} (${redact(detail)}). ${advice}`;
  return new NetworkError(message, { code, retryable, address, phase, staleSocket: failure.staleSocket, cause });
}

interface Signs {
  /** The system's words for it, the nearest first. */
  readonly codes: readonly string[];
  readonly connecting: boolean;
}

/** `fetch` hides the system's error behind its own; several tried addresses are a list of errors. */
function signsOf(thrown: unknown): Signs {
  const codes: string[] = [];
  let connecting = false;
  let layer: unknown = thrown;
  for (let depth = 0; isRecord(layer) && depth < 8; depth++) {
    const { code, syscall, cause, errors } = layer;
    if (typeof code === 'string') codes.push(code);
    connecting ||= syscall === 'connect' || syscall === 'getaddrinfo' || /CONNECT_TIMEOUT/.test(String(code));
    layer = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return { codes, connecting };
}

interface Trouble {
  readonly codes: RegExp;
  readonly code: `network.${string}`;
  /** @defaultValue true */
  readonly retryable?: boolean;
  readonly advice: string;
}

const TROUBLES: readonly Trouble[] = [
  {
    codes: /^ECONNREFUSED$|^ConnectionRefused$/,
    code: 'network.refused',
    advice: 'Is the server running, and is baseURL right?',
  },
  {
    codes: /^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME)$/,
    code: 'network.unknown_host',
    advice: 'Is the host in baseURL spelled right, and does DNS work here?',
  },
  {
    codes: /^ERR_PROXY_/,
    code: 'network.proxy',
    advice:
      'Does the proxy let this machine, with these credentials, connect to that address? Its words are in the cause.',
  },
  {
    codes: /^UND_(ERR_(CLOSED|DESTROYED|INVALID_ARG|NOT_SUPPORTED)|MOCK_ERR_)/,
    code: 'network.dispatcher',
    retryable: false,
    advice:
      'Is the dispatcher an agent of undici 7 or later that is not closed, or a mock that expects this request? The cause says more.',
  },
  {
    codes: /TIMEDOUT$|TIMEOUT$/,
    code: 'network.timeout',
    advice: 'Is the server reachable from here, past firewalls and proxies?',
  },
  {
    codes: /^(ENETUNREACH|EHOSTUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    code: 'network.unreachable',
    advice: 'Is this machine on the network?',
  },
  {
    codes: /CERT|^UNABLE_TO_|SELF_SIGNED|^ERR_TLS|^ERR_SSL|^EPROTO$/,
    code: 'network.untrusted',
    retryable: false,
    advice: 'Does the server speak https, and is its certificate one that this machine trusts?',
  },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    code: 'network.reset',
    advice: 'The server, or something on the way, closed the connection; trying again may help.',
  },
];

const UNKNOWN: Trouble = {
  codes: /^$/,
  code: 'network.failed',
  advice: 'Trying again may help; otherwise see its cause.',
};

const WHAT: Readonly<Record<NetworkError['phase'], string>> = {
  connect: 'Could not connect to',
  request: 'No reply from',
  reply: 'The reply broke off from',
};

function deepest(error: Error): Error {
  return error.cause instanceof Error ? deepest(error.cause) : error;
}
