import {
  type Agent,
  type Clock,
  ConfigError,
  checkOptions,
  type Host,
  memoryConversations,
  type OptionTable,
  type PendingCall,
  type Run,
  systemClock,
} from '@pawl/core';
import type { ConversationStore, RunRecord } from '@pawl/core/host';
import type { Authorize } from './access/bearer.ts';
import type { Caps } from './access/gate.ts';
import type { Principal } from './access/principal.ts';

/** What the context of a run is made of. */
export interface ContextSource {
  /** Who started the run. For a run that is resumed, its owner, with `id` and `tenant` alone. */
  readonly principal: Principal;
  /** Set for a run that is resumed. */
  readonly record?: RunRecord;
}

/** An agent that needs a context, with a function that makes one for each run. */
export interface AgentWithContext {
  /** An agent. A method, not a property: so the compiler accepts an agent that needs a context. */
  readonly agent: {
    readonly name: string;
    readonly hasTextGuard: boolean;
    resume(runId: string, options: { readonly host: Host; readonly context: unknown }): Run<unknown>;
  };
  readonly context: (source: ContextSource) => unknown;
}

/** What `onRequest` gets after each request. */
export interface RequestReport {
  readonly method: string;
  /** The route with placeholders, such as `/v1/runs/{id}`; never the path of the request. */
  readonly route: string;
  readonly status: number;
  /** Until the headers of the response were ready. */
  readonly durationMs: number;
  readonly owner?: string;
  readonly runId?: string;
  readonly requestId: string;
  /** What was thrown, if the server or a host failed. */
  readonly error?: unknown;
}

/** A question that `mayAnswer` decides. */
export interface AnswerQuestion {
  readonly principal: Principal;
  readonly pending: PendingCall;
  readonly record: RunRecord;
}

/** A group of endpoints. */
export type Face = 'chat' | 'runs' | 'ui' | 'responses';

const FACES: Record<Face, true> = {
  chat: true,
  runs: true,
  ui: true,
  responses: true,
};

export interface ServeOptions {
  /** The agents, by their names. The server also resumes their runs. */
  readonly agents: readonly (Agent<unknown, unknown> | AgentWithContext)[];
  /** Where runs are stored. @defaultValue the memory of this process; ended runs are deleted after ten minutes */
  readonly host?: Host;
  /** Where conversations are stored. @defaultValue none: the caller sends the history; without `host`, the memory of this process */
  readonly conversations?: ConversationStore;
  /** Returns who sends a request. Without it the server answers this machine only. */
  readonly authorize?: Authorize;
  /** Whether a principal may answer a pending call of a run that it may see. @defaultValue the owner and operators may */
  readonly mayAnswer?: (question: AnswerQuestion) => boolean | Promise<boolean>;
  /**
   * What happens to a run when the last client that reads it has gone, unless the run is in the background: it continues, it is aborted, or it is
   * aborted if no client comes back in time.
   *
   * @defaultValue 'continue'; without `host` `{ graceMs: 10_000 }`
   */
  readonly onDisconnect?: 'continue' | 'abort' | { readonly graceMs: number };
  /** Whether Chat Completions streams text as it is written, or the text of a turn when it is complete. Always `'whole'` for an agent with `hasTextGuard`. @defaultValue 'live' */
  readonly text?: 'live' | 'whole';
  /** Whether Chat Completions has `reasoning_content`. @defaultValue false */
  readonly reasoning?: boolean;
  /** How many runs this process works on. @defaultValue `{ total: 100, perPrincipal: 5 }` */
  readonly maxRunning?: Partial<Caps>;
  /** How many streams are open. @defaultValue `{ total: 2_000, perPrincipal: 50 }` */
  readonly maxStreams?: Partial<Caps>;
  /** @defaultValue 4 MiB */
  readonly maxBodyBytes?: number;
  /** How many messages a request may have. @defaultValue 1_000 */
  readonly maxMessages?: number;
  /** Called after each request. For runs use `listeners` and `instrumentation` of agents. */
  readonly onRequest?: (report: RequestReport) => void;
  /** The path before every route, such as `/ai`. @defaultValue '' */
  readonly basePath?: string;
  /** Which endpoints there are. @defaultValue `['chat', 'runs', 'ui']` */
  readonly faces?: readonly Face[];
  /** The path of the AI SDK's UI message stream. @defaultValue '/api/chat' */
  readonly ui?: string;
  /** The major version of the AI SDK whose `useChat` reads the UI message stream. @defaultValue 7 */
  readonly sdk?: 6 | 7;
  /** How often runs are looked for that can be resumed, in milliseconds; 0: never. @defaultValue 1_000 */
  readonly resumeEveryMs?: number;
  /** Names of hosts that the server answers for, besides IP addresses and localhost. @defaultValue without `authorize` none, with it all */
  readonly allowedHosts?: readonly string[];
  /** The origins whose pages may use the server: exact, such as `https://app.example.com`. @defaultValue none but the server's own */
  readonly cors?: { readonly origins: readonly string[] };
  /** The fields of a request that set the model, such as `temperature`, by the names of the request. Others are ignored. @defaultValue none */
  readonly allowedModelSettings?: readonly string[];
  /** What happens to system messages of a caller, and to `instructions` of Responses: they follow the agent's instructions, are left out, or refused. @defaultValue 'append' for Chat Completions and Responses, 'ignore' for the UI message stream */
  readonly callerInstructions?: 'append' | 'ignore' | 'reject';
  /** Whether a caller may bring tools that it executes itself. @defaultValue 'accept' */
  readonly callerTools?: 'accept' | 'reject';
  /** Whether images may be web addresses, which the model's server fetches, or data URLs only. @defaultValue 'any' */
  readonly mediaUrls?: 'any' | 'data-only';
  /** Whether `<agent>/plain` is the bare model of each agent, for titles and tags. @defaultValue false */
  readonly plainModels?: boolean;
  /** Whether results of tools leave the server, with the messages of their errors, or only that a tool has ended. @defaultValue 'full' */
  readonly toolOutput?: 'full' | 'status';
  /** Whether events leave with all fields, such as instructions and whole conversations. @defaultValue false */
  readonly details?: boolean;
  /** Called before a request is handled; a response that it returns refuses it. */
  readonly limit?: (principal: Principal, request: Request) => Response | undefined | Promise<Response | undefined>;
  /** Returns the id of the conversation of a Chat Completions request, such as a header. Needs `conversations`. @defaultValue none */
  readonly conversation?: (request: Request) => string | undefined;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

/** The options with their defaults. */
export type ServeSettings = Required<
  Omit<
    ServeOptions,
    | 'agents'
    | 'host'
    | 'conversations'
    | 'authorize'
    | 'maxRunning'
    | 'maxStreams'
    | 'allowedHosts'
    | 'callerInstructions'
  >
> &
  Pick<ServeOptions, 'conversations' | 'authorize' | 'allowedHosts' | 'callerInstructions'> & {
    readonly host: Host;
    /** Whether the runs are in the memory of this server alone. */
    readonly hasOwnHost: boolean;
    readonly maxRunning: Caps;
    readonly maxStreams: Caps;
  };

const CAPS: OptionTable<Partial<Caps>> = { keys: { total: 'number', perPrincipal: 'number' } };

const SERVE: OptionTable<ServeOptions> = {
  keys: {
    agents: 'list',
    host: 'object',
    conversations: 'object',
    authorize: 'function',
    mayAnswer: 'function',
    onDisconnect: [{ continue: true, abort: true }, { keys: { graceMs: 'number' } }],
    text: { live: true, whole: true },
    reasoning: 'boolean',
    maxRunning: CAPS,
    maxStreams: CAPS,
    maxBodyBytes: 'number',
    maxMessages: 'number',
    onRequest: 'function',
    basePath: 'text',
    faces: 'texts',
    ui: 'text',
    sdk: 'number',
    resumeEveryMs: 'number',
    allowedHosts: 'texts',
    cors: { keys: { origins: 'texts' } },
    allowedModelSettings: 'texts',
    callerInstructions: { append: true, ignore: true, reject: true },
    callerTools: { accept: true, reject: true },
    mediaUrls: { any: true, 'data-only': true },
    plainModels: 'boolean',
    toolOutput: { full: true, status: true },
    details: 'boolean',
    limit: 'function',
    conversation: 'function',
    clock: 'clock',
  },
  hints: {
    agent: 'The option is "agents", a list.',
    auth: 'The option is "authorize": bearer({ … }).',
    apiKeys: 'The option is "authorize": bearer({ … }).',
    port: 'Pass it to listen(server, { port }) of @pawl/serve/node.',
    hostname: 'Pass it to listen(server, { hostname }) of @pawl/serve/node.',
    listeners: 'Pass "listeners" to the agent or to the host.',
  },
};

/** Checks the options and fills in the defaults. `createHost`: makes the host if none is given. @throws ConfigError */
export function readServeOptions(options: ServeOptions, createHost: () => Host): ServeSettings {
  const checked = checkOptions(options, SERVE, 'serve()');
  if (!Array.isArray(checked.agents)) throw new ConfigError('serve(): there are no agents. Pass agents: [agent].');
  const { host, basePath = '', ui = '/api/chat', cors = { origins: [] }, faces = ['chat', 'runs', 'ui'] } = checked;
  checkPath(basePath, 'basePath');
  checkPath(ui, 'ui');
  for (const origin of cors.origins) checkOriginOption(origin);
  for (const face of faces) checkFace(face);
  const { sdk = 7, conversation } = checked;
  const { conversations = host === undefined ? memoryConversations() : undefined } = checked;
  if (sdk !== 6 && sdk !== 7) throw new ConfigError(`serve(): sdk is ${sdk}. Pass 6 or 7.`);
  if (conversation !== undefined && conversations === undefined) {
    throw new ConfigError(
      'serve(): conversation needs a store. Pass conversations: sqliteConversations(…), or another one.',
    );
  }
  const { onDisconnect = host === undefined ? { graceMs: 10_000 } : 'continue' } = checked;
  if (typeof onDisconnect === 'object') checkCount(onDisconnect.graceMs, 'onDisconnect.graceMs');
  return {
    ...DEFAULTS,
    ...withoutUndefined(checked),
    host: host ?? createHost(),
    hasOwnHost: host === undefined,
    ...(conversations !== undefined && { conversations }),
    onDisconnect,
    basePath,
    ui,
    cors,
    faces,
    sdk,
    conversation: conversation ?? (() => undefined),
    maxRunning: readCaps(checked.maxRunning, { total: 100, perPrincipal: 5 }, 'maxRunning'),
    maxStreams: readCaps(checked.maxStreams, { total: 2_000, perPrincipal: 50 }, 'maxStreams'),
    maxBodyBytes: checkCount(checked.maxBodyBytes ?? 4 << 20, 'maxBodyBytes'),
    maxMessages: checkCount(checked.maxMessages ?? 1_000, 'maxMessages'),
    resumeEveryMs: checkCount(checked.resumeEveryMs ?? 1_000, 'resumeEveryMs'),
  };
}

const DEFAULTS = {
  mayAnswer: () => true,
  text: 'live',
  reasoning: false,
  onRequest: () => undefined,
  allowedModelSettings: [],
  callerTools: 'accept',
  mediaUrls: 'any',
  plainModels: false,
  toolOutput: 'full',
  details: false,
  limit: () => undefined,
  clock: systemClock,
} as const satisfies Partial<ServeSettings>;

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T; // The same fields.
}

function readCaps(caps: Partial<Caps> = {}, defaults: Caps, name: string): Caps {
  return {
    total: checkCount(caps.total ?? defaults.total, `${name}.total`),
    perPrincipal: checkCount(caps.perPrincipal ?? defaults.perPrincipal, `${name}.perPrincipal`),
  };
}

function checkCount(value: number, name: string): number {
  if (value >= 0) return value;
  throw new ConfigError(`serve(): ${name} is ${value}. Pass a number that is not negative.`);
}

function checkPath(path: string, name: string): void {
  if (path === '' && name === 'basePath') return;
  if (/^(\/[\w.~-]+)+$/.test(path)) return;
  throw new ConfigError(
    `serve(): ${name} is ${JSON.stringify(path)}. Pass a path such as "/ai": it begins with a slash and does not end with one.`,
  );
}

/** `*` would let every page use the server with the keys that it knows, and a typing error would let none. */
function checkOriginOption(origin: string): void {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new ConfigError(
    `serve(): cors.origins has ${JSON.stringify(origin)}. Pass exact origins, such as "https://app.example.com", without a slash at the end.`,
  );
}

function checkFace(face: string): void {
  if (Object.hasOwn(FACES, face)) return;
  const names = Object.keys(FACES).join(', ');
  throw new ConfigError(`serve(): faces has ${JSON.stringify(face)}. The faces are: ${names}.`);
}
