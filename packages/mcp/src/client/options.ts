import { ConfigError, checkOptions, type OptionTable, type ToolContext } from '@pawl/core';
import type { LockStore } from '../lock/lock-file.ts';
import type { OAuthClientProvider } from '../sdk.ts';
import type { ElicitationHandler } from './elicitation.ts';
import type { AnnotationsOption } from './traits.ts';

export interface McpBaseOptions {
  /** The name of the server: its tools are called `name__tool`. Letters, digits, `_` and `-`. */
  readonly name: string;
  /** The tools to take, by the server's names. A name that the server does not have is an error. @defaultValue all */
  readonly include?: readonly string[];
  /**
   * The longest time without a sign of life of the server, in milliseconds: for a connection attempt, and for a call, whose progress
   * messages restart it. @defaultValue 60_000
   */
  readonly idleTimeoutMs?: number;
  /** The deadline of each call, in milliseconds. @defaultValue 600_000 */
  readonly timeoutMs?: number;
  /** Whether hints of the server decide about effects and approvals. @defaultValue 'ignore' */
  readonly annotations?: AnnotationsOption;
  /**
   * The file, or another store, with the pinned definitions of the server's tools. They are written on first use, except in CI, where
   * missing ones are an error.
   *
   * @defaultValue no pins
   */
  readonly lockFile?: string | LockStore;
  /**
   * What happens if definitions differ from the pinned ones: `fail` refuses the server, and later its changed tools, with `mcp.drift`;
   * `omit` leaves out what is new or changed. @defaultValue 'fail'
   */
  readonly onDrift?: 'fail' | 'omit';
  /** Whether missing pins are an error. @defaultValue true if the environment variable `CI` is set */
  readonly ci?: boolean;
  /** `lazy` makes the tools from the pinned definitions and connects with the first call. It needs `lockFile`. @defaultValue 'now' */
  readonly connect?: 'now' | 'lazy';
  /**
   * What happens with questions of the server: `suspend` suspends the run until `host.answer` answers it, `decline` declines them, a
   * function answers within the deadline of the call. Servers of the revision 2025-11-25 cannot wait: with `suspend` their questions are
   * declined. @defaultValue 'suspend'
   */
  readonly onElicitation?: 'suspend' | 'decline' | ElicitationHandler;
  /** The protocol revision. @defaultValue 'auto' for a URL, 'legacy' for a command: to ask there would start a second process */
  readonly protocolVersion?: 'auto' | 'legacy' | { readonly pin: string };
  /** `run` opens a connection per run with its first call, and closes it when this process leaves the run. @defaultValue 'shared' */
  readonly isolation?: 'shared' | 'run';
}

export interface McpCommandOptions {
  /** The program that is the server, without a shell. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Variables of its environment, besides `HOME`, `LOGNAME`, `PATH`, `SHELL`, `TERM` and `USER`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables that it inherits from this process. @defaultValue none */
  readonly inheritEnv?: readonly string[];
  /** @defaultValue the working directory of this process */
  readonly cwd?: string;
}

export interface McpUrlOptions {
  readonly url: string | URL;
  /**
   * The headers of each request, or a function that returns them. The function gets the context of the call. Requests outside a call have
   * none; with `isolation: 'run'` they have the context of the call that opened the connection.
   */
  readonly headers?: McpHeaders | ((toolContext: ToolContext | undefined) => McpHeaders | Promise<McpHeaders>);
  /** Sends the requests, in place of the global `fetch`. Pass a guarded one for URLs that come from users. */
  readonly fetch?: (url: string | URL, init?: RequestInit) => Promise<Response>;
  /** An OAuth provider of the MCP SDK. Tokens are refreshed once, however many requests find them expired. */
  readonly auth?: OAuthClientProvider;
}

/** What Pawl needs of a client: one of the SDK's two majors, or a double for tests. */
export interface StructuralClient {
  listTools(...parameters: never[]): Promise<unknown>;
  callTool(...parameters: never[]): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface McpClientOptions {
  /** A connected client of the MCP SDK, or any object with `listTools`, `callTool` and `close`. */
  readonly client: StructuralClient;
}

export type McpHeaders = Readonly<Record<string, string>> | Headers;

export type McpOptions = McpBaseOptions & (McpCommandOptions | McpUrlOptions | McpClientOptions);

/** All options together, as the code reads them. */
export type AnyMcpOptions = McpBaseOptions & Partial<McpCommandOptions & McpUrlOptions & McpClientOptions>;

const OPTIONS: OptionTable<AnyMcpOptions> = {
  keys: {
    name: 'text',
    include: 'texts',
    idleTimeoutMs: 'number',
    timeoutMs: 'number',
    annotations: [{ ignore: true, trust: true }, 'function'],
    lockFile: ['text', 'object'],
    onDrift: { fail: true, omit: true },
    ci: 'boolean',
    connect: { now: true, lazy: true },
    onElicitation: [{ suspend: true, decline: true }, 'function'],
    protocolVersion: [{ auto: true, legacy: true }, { keys: { pin: 'text' } }],
    isolation: { shared: true, run: true },
    command: 'text',
    args: 'texts',
    env: 'object',
    inheritEnv: 'texts',
    cwd: 'text',
    url: ['text', 'object'],
    headers: ['object', 'function'],
    fetch: 'function',
    auth: 'object',
    client: 'any',
  },
  hints: {
    transport: 'The options are "command" or "url".',
    serverUrl: 'The option is "url".',
    authProvider: 'The option is "auth".',
    timeout: 'The options are "timeoutMs" and "idleTimeoutMs".',
    tools: 'The option is "include".',
    allowedTools: 'The option is "include".',
    elicitation: 'The option is "onElicitation".',
    needsApproval: 'The option is "annotations": (definition) => ({ needsApproval: true }).',
    effect: 'The option is "annotations": (definition) => ({ effect: "read" }).',
  },
};

/** The options with the defaults that several files read. */
export type ResolvedOptions = AnyMcpOptions & Required<Pick<McpBaseOptions, 'idleTimeoutMs' | 'onElicitation'>>;

/** @throws ConfigError if an option is unknown or invalid, or if two options exclude each other */
export function readOptions(options: McpOptions): ResolvedOptions {
  const read: AnyMcpOptions = checkOptions<AnyMcpOptions>(options, OPTIONS, 'createMcpClient');
  const { name } = read;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,40}$/.test(name)) {
    throw new ConfigError(
      `createMcpClient: name is ${JSON.stringify(name)}. Pass 1 to 40 letters, digits, "_" and "-": it is the beginning of the names of the tools.`,
    );
  }
  const where = `MCP server "${name}"`;
  const sources = (['command', 'url', 'client'] as const).filter((key) => read[key] !== undefined);
  if (sources.length !== 1) {
    throw new ConfigError(
      `${where}: there is ${sources.join(' and ') || 'no source'}. Pass one of command, url and client.`,
    );
  }
  checkSource(read, String(sources[0]), where);
  checkNumbers(read, where);
  return { ...read, idleTimeoutMs: read.idleTimeoutMs ?? 60_000, onElicitation: read.onElicitation ?? 'suspend' };
}

/** Revisions are dates. Those before this one are negotiated with `initialize`, and cannot be pinned. */
const FIRST_MODERN_REVISION = '2026-07-28';

const OPTIONS_OF: Readonly<Record<string, string>> = {
  args: 'command',
  env: 'command',
  inheritEnv: 'command',
  cwd: 'command',
  headers: 'url',
  fetch: 'url',
  auth: 'url',
};

function checkSource(options: AnyMcpOptions, source: string, where: string): void {
  for (const [option, owner] of Object.entries(OPTIONS_OF)) {
    if (Reflect.get(options, option) === undefined || owner === source) continue;
    throw new ConfigError(`${where}: ${option} has no use with ${source}. It belongs to ${owner}.`);
  }
  const { url, connect, lockFile, isolation, client, protocolVersion } = options;
  if (typeof protocolVersion === 'object' && !(protocolVersion.pin >= FIRST_MODERN_REVISION)) {
    throw new ConfigError(
      `${where}: protocolVersion has the pin "${protocolVersion.pin}". Pass { pin: "${FIRST_MODERN_REVISION}" }, or "legacy" for the revisions before it.`,
    );
  }
  if (url !== undefined && !/^https?:$/.test(URL.parse(String(url))?.protocol ?? '')) {
    throw new ConfigError(`${where}: url is ${JSON.stringify(String(url))}. Pass an http or https URL.`);
  }
  if (connect === 'lazy' && lockFile === undefined) {
    throw new ConfigError(
      `${where}: connect is "lazy" without lockFile. Without a connection, only pins tell which tools there are.`,
    );
  }
  if (client !== undefined && isolation === 'run') {
    throw new ConfigError(
      `${where}: isolation is "run" with client. Pass command or url: one client has one connection.`,
    );
  }
}

function checkNumbers(options: AnyMcpOptions, where: string): void {
  for (const field of ['idleTimeoutMs', 'timeoutMs'] as const) {
    const value = options[field];
    // Timers of more than 2 ** 31 - 1 ms fire at once.
    if (value === undefined || (value >= 1 && value < 2 ** 31)) continue;
    throw new ConfigError(`${where}: ${field} is ${value}. Pass a number of milliseconds from 1 to 2147483647.`);
  }
}
