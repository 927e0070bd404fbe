import { ConfigError, checkOptions, type Host, type OptionTable, type PendingCall } from '@pawl/core';
import { type AuthInfo, localhostAllowedHostnames } from '../server-sdk.ts';

export interface AgentServerOptions {
  /** The name of the server. @defaultValue 'pawl' */
  readonly name?: string;
  /** @defaultValue '1.0.0' */
  readonly version?: string;
  /** What clients read about the server. */
  readonly instructions?: string;
  /**
   * Keeps the runs. A run goes on when its client disconnects, and a client can answer its questions by any process that has this host.
   *
   * @defaultValue memory of this process; a disconnect then aborts the run
   */
  readonly host?: Host;
  /**
   * Signs what clients keep of a suspended run: at least 32 bytes, the same in all processes.
   *
   * @defaultValue random, so that only this process accepts the answers
   */
  readonly secret?: string | Uint8Array;
  /** How long a client may take to answer, in milliseconds. @defaultValue 86_400_000, one day */
  readonly answerTimeoutMs?: number;
  /** The context of the agents' runs. @defaultValue undefined */
  readonly context?: (authInfo: AuthInfo | undefined) => unknown;
  /**
   * Checks a request over HTTP. `undefined` refuses it with 401. Needed if `hostnames` has other names than those of this machine. A run belongs to
   * the issuer and subject of its caller (`extra.iss`, and `extra.sub` or `clientId`): only the same caller can answer and attach to it.
   */
  readonly authorize?: (request: Request) => AuthInfo | undefined | Promise<AuthInfo | undefined>;
  /** Whether a caller may answer a call of its own run. @defaultValue true */
  readonly mayAnswer?: (question: {
    readonly authInfo: AuthInfo | undefined;
    readonly pending: PendingCall;
  }) => boolean | Promise<boolean>;
  /** The names by which the server is reached over HTTP, without ports. Others are refused. @defaultValue those of this machine */
  readonly hostnames?: readonly string[];
  /** The names of sites whose pages may call the server. @defaultValue those of this machine */
  readonly origins?: readonly string[];
}

const OPTIONS: OptionTable<AgentServerOptions> = {
  keys: {
    name: 'text',
    version: 'text',
    instructions: 'text',
    host: 'object',
    secret: ['text', 'object'],
    answerTimeoutMs: 'number',
    context: 'function',
    authorize: 'function',
    mayAnswer: 'function',
    hostnames: 'texts',
    origins: 'texts',
  },
  hints: {
    auth: 'The option is "authorize".',
    allowedHosts: 'The option is "hostnames".',
    allowedOrigins: 'The option is "origins".',
    key: 'The option is "secret".',
  },
};

/** @throws ConfigError if an option is unknown or invalid, or a server for other machines accepts every caller */
export function readServerOptions(options: AgentServerOptions): AgentServerOptions {
  const read = checkOptions(options, OPTIONS, 'createAgentServer');
  const { secret, hostnames = [], authorize, answerTimeoutMs } = read;
  const length = typeof secret === 'string' ? Buffer.byteLength(secret) : secret?.length;
  if (length !== undefined && length < 32) {
    throw new ConfigError(
      `createAgentServer: secret has ${length} bytes. Pass at least 32 random bytes: crypto.randomBytes(32).`,
    );
  }
  const remote = hostnames.find((name) => !localhostAllowedHostnames().includes(name));
  if (remote !== undefined && authorize === undefined) {
    throw new ConfigError(
      `createAgentServer: hostnames has "${remote}", and there is no authorize: everybody could start runs. Pass authorize: (request) => authInfo.`,
    );
  }
  if (answerTimeoutMs !== undefined && !(answerTimeoutMs >= 1000)) {
    throw new ConfigError(`createAgentServer: answerTimeoutMs is ${answerTimeoutMs}. Pass at least 1000.`);
  }
  return read;
}
