import { type ChatModel, ConfigError, checkOptions, type Host, type OptionTable } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import type { ReadableWireLog } from '@pawl/core/wire-log';
import type { Authorize, ServeOptions } from '@pawl/serve';

/** What every inspector accepts. */
export interface InspectorOptions {
  /** Refuses everything that changes a run, and replays. @defaultValue false */
  readonly readOnly?: boolean;
  /**
   * Returns who sends a request, for an inspector behind a sign-in of your own: then there is no token, and every machine may ask.
   *
   * @defaultValue only this machine may ask, with the token
   */
  readonly authorize?: Authorize;
  /** Names of hosts that the inspector answers for, besides IP addresses and localhost. @defaultValue without `authorize` none, with it all */
  readonly allowedHosts?: readonly string[];
  /** The path before every route, such as `/inspect`, if the server in front does not remove it. @defaultValue '' */
  readonly basePath?: string;
  /** What the page is about, such as the name of the file. @defaultValue none */
  readonly title?: string;
}

export interface InspectOptions extends InspectorOptions {
  /** Whose runs are shown. */
  readonly host: Host;
  /** The agents of the runs, as `serve()` takes them: to show them, to continue runs that were answered, and to replay runs. @defaultValue none */
  readonly agents?: ServeOptions['agents'];
  /** Where conversations are stored, to continue runs that are part of one. @defaultValue none */
  readonly conversations?: ConversationStore;
  /** Further models that a replay may ask. @defaultValue the models of the agents alone */
  readonly models?: readonly ChatModel[];
  /** The wire log of the agents. @defaultValue none: the page shows no requests */
  readonly wireLog?: ReadableWireLog;
}

const INSPECTOR_KEYS: OptionTable<InspectorOptions>['keys'] = {
  readOnly: 'boolean',
  authorize: 'function',
  allowedHosts: 'texts',
  basePath: 'text',
  title: 'text',
};

const HINTS: Readonly<Record<string, string>> = {
  isReadOnly: 'The option is "readOnly".',
  readonly: 'The option is "readOnly".',
  auth: 'The option is "authorize".',
  token: 'The inspector makes its token: read inspector.token. For keys of your own pass authorize.',
  path: 'The option is "basePath".',
  log: 'The option is "wireLog".',
  agent: 'The option is "agents", a list.',
};

const INSPECT: OptionTable<InspectOptions> = {
  keys: {
    ...INSPECTOR_KEYS,
    host: 'any',
    agents: 'list',
    conversations: 'any',
    models: 'list',
    wireLog: 'any',
  },
  hints: HINTS,
};

/** @throws ConfigError */
export function readInspectOptions(options: InspectOptions): InspectOptions {
  const checked = checkOptions(options, INSPECT, 'inspect()');
  const { host, wireLog } = checked;
  if (typeof host?.listRuns !== 'function') {
    throw new ConfigError(
      'inspect(): host is missing. Pass the host of the runs: sqliteHost("./runs.db"), or another one.',
    );
  }
  if (wireLog !== undefined && typeof wireLog.read !== 'function') {
    throw new ConfigError(
      'inspect(): wireLog cannot be read. Pass memoryWireLog() or sqliteWireLog(…), the one that the agents have.',
    );
  }
  for (const model of checked.models ?? []) {
    if (typeof model?.send !== 'function')
      throw new ConfigError('inspect(): models has an entry that is not a model. Pass openai("…").');
  }
  checkBasePath(checked.basePath, 'inspect()');
  return checked;
}

export interface InspectUrlOptions extends InspectorOptions {
  /** The key of the server, sent as `Authorization: Bearer …`. Never sent over HTTP to another machine. @defaultValue none */
  readonly token?: string;
  /** Sends requests to the server. @defaultValue the platform's `fetch` */
  readonly fetch?: typeof globalThis.fetch;
}

const SERVER: OptionTable<InspectUrlOptions> = {
  keys: { ...INSPECTOR_KEYS, token: 'text', fetch: 'function' },
  hints: { ...HINTS, key: 'The option is "token".', apiKey: 'The option is "token".' },
};

/** @throws ConfigError */
export function readUrlOptions(options: InspectUrlOptions): InspectUrlOptions {
  const checked = checkOptions(options, SERVER, 'inspectUrl()');
  checkBasePath(checked.basePath, 'inspectUrl()');
  return checked;
}

const DUMP: OptionTable<InspectorOptions> = { keys: INSPECTOR_KEYS, hints: HINTS };

/** @throws ConfigError */
export function readDumpOptions(options: InspectorOptions): InspectorOptions {
  const checked = checkOptions(options, DUMP, 'inspectDump()');
  checkBasePath(checked.basePath, 'inspectDump()');
  return checked;
}

function checkBasePath(path = '', caller: string): void {
  if (path === '' || /^(\/[\w.~-]+)+$/.test(path)) return;
  throw new ConfigError(
    `${caller}: basePath is ${JSON.stringify(path)}. Pass a path such as "/inspect": it begins with a slash and does not end with one.`,
  );
}
