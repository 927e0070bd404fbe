import { isRecord } from '../base/json.ts';
import { NetworkError } from '../model/errors.ts';
import { type Redact, withoutSecrets } from './secrets.ts';

export interface NetworkErrorContext {
  /** `host:port`. */
  readonly address: string;
  readonly redact: Redact;
}

/** How a connection failed. */
export interface NetworkFailure {
  readonly phase: NetworkError['phase'];
  readonly staleSocket: boolean;
  readonly proxy?: string | undefined;
  /** The error of the platform. Its codes, and those of its causes, say what happened. */
  readonly cause?: unknown;
}

/** Translates the failure of a transport for users: the message has the address, the cause and the advice. */
export function createNetworkError(failure: NetworkFailure, { address, redact }: NetworkErrorContext): NetworkError {
  const signs = readSigns(failure.cause);
  const problem = PROBLEMS.find(({ codes }) => signs.codes.some((code) => codes.test(code))) ?? UNKNOWN_PROBLEM;
  const phase = failure.phase === 'request' && signs.isConnecting ? 'connect' : failure.phase;
  const cause = withoutSecrets(failure.cause, redact);
  const detail = signs.codes[0] ?? (findDeepestCause(cause).message || cause.name);
  const { code, retryable = true, advice } = problem;
  const proxyText = failure.proxy === undefined ? '' : ` through the proxy ${failure.proxy}`;
  const message = `${PHASE_TEXTS[phase]} ${address}${proxyText} (${redact(detail)}). ${advice}`;
  return new NetworkError(message, { code, retryable, address, phase, staleSocket: failure.staleSocket, cause });
}

interface FailureSigns {
  /** Error codes from the outermost error inward. */
  readonly codes: readonly string[];
  readonly isConnecting: boolean;
}

/** Reads an error and its causes: `fetch` wraps the error of the system, and several tried addresses are a list of errors. */
function readSigns(thrown: unknown): FailureSigns {
  const codes: string[] = [];
  let isConnecting = false;
  let layer: unknown = thrown;
  for (let depth = 0; isRecord(layer) && depth < 8; depth++) {
    const { code, syscall, cause, errors } = layer;
    if (typeof code === 'string') codes.push(code);
    isConnecting ||= syscall === 'connect' || syscall === 'getaddrinfo' || /CONNECT_TIMEOUT/.test(String(code));
    layer = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return { codes, isConnecting };
}

interface NetworkProblem {
  readonly codes: RegExp;
  readonly code: `network.${string}`;
  /** @defaultValue true */
  readonly retryable?: boolean;
  readonly advice: string;
}

const PROBLEMS: readonly NetworkProblem[] = [
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
      'Does the proxy let this machine, with these credentials, connect to that address? The cause has its message.',
  },
  {
    codes: /^UND_(ERR_(CLOSED|DESTROYED|INVALID_ARG|NOT_SUPPORTED)|MOCK_ERR_)/,
    code: 'network.dispatcher',
    retryable: false,
    advice:
      'Is the dispatcher an agent of undici 7 or later that is not closed, or a mock that expects this request? See the cause.',
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
    advice: 'The server, or a device on the way, closed the connection. Try again.',
  },
];

const UNKNOWN_PROBLEM: NetworkProblem = {
  codes: /^$/,
  code: 'network.failed',
  advice: 'Try again, or see the cause.',
};

const PHASE_TEXTS: Readonly<Record<NetworkError['phase'], string>> = {
  connect: 'Could not connect to',
  request: 'No response from',
  response: 'The response broke off from',
};

function findDeepestCause(error: Error): Error {
  return error.cause instanceof Error ? findDeepestCause(error.cause) : error;
}
