import { existsSync } from 'node:fs';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ChatModel, Host } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import type { ReadableWireLog, WireLog } from '@pawl/core/wire-log';
import type { Arguments } from '../arguments.ts';
import type { CommandIo } from '../command-io.ts';
import { createSetupError, createUsageError } from '../errors.ts';
import { type AgentFile, isAgentFile, type LoadedAgent, loadAgent, loadAgentFile } from '../load-agent.ts';
import { openWireLog } from '../wire/open-wire-log.ts';
import type { AgentTarget } from './agent-target.ts';
import { HostAgent, type HostAgentOptions } from './host-agent.ts';
import { HostTarget } from './host-target.ts';
import type { RunTarget } from './run-target.ts';
import { ServerAgent } from './server-agent.ts';
import { isServerUrl, readServerAddress } from './server-client.ts';
import { ServerTarget } from './server-target.ts';

/** The runs file that is used without another. */
const DEFAULT_FILE = join('.pawl', 'runs.db');

interface Place {
  readonly args: Arguments;
  readonly io: CommandIo;
}

/**
 * Opens where runs are, by --runs, PAWL_RUNS or the default. `undefined` if there is no file yet and nothing named it.
 *
 * @param access - `read` opens a file that another process works on, and writes nothing
 * @throws CliError, HostError, ConfigError
 */
export async function openRuns({ args, io }: Place, access: 'read' | 'write'): Promise<RunTarget | undefined> {
  const given = args.getText('runs');
  const place = given ?? (io.env['PAWL_RUNS'] || undefined);
  const spelling = given === undefined ? '' : ` --runs ${quoteArgument(given)}`;
  if (place !== undefined && isServerUrl(place)) return openServer(place, { args, io, spelling });
  if (place !== undefined && isAgentFile(place)) {
    const { host } = await loadAgentFile(place, io.cwd);
    if (host === undefined)
      throw createUsageError(`${JSON.stringify(place)} exports no host. Pass the file of the runs.`);
    return new HostTarget(host, { spelling });
  }
  const file = resolve(io.cwd, place ?? DEFAULT_FILE);
  if (!existsSync(file)) {
    if (place === undefined) return undefined;
    throw createUsageError(`There is no runs file ${JSON.stringify(place)}.`);
  }
  const { sqliteHost } = await import('@pawl/core/sqlite');
  return new HostTarget(sqliteHost(file, { readOnly: access === 'read' }), { spelling, file });
}

/** As `openRuns`, for a command that needs a run. @throws CliError if there are no runs */
export async function requireRuns(place: Place, access: 'read' | 'write'): Promise<RunTarget> {
  const runs = await openRuns(place, access);
  if (runs !== undefined) return runs;
  throw createUsageError(`There are no runs here: no ${DEFAULT_FILE}. Pass --runs FILE or --runs URL.`, 'run.unknown');
}

/** Opens the agent that an argument names, with the place of its runs. @throws CliError */
export async function openAgent(
  spelling: string,
  { args, io }: Place,
  options: Pick<HostAgentOptions, 'wireLog'> = {},
): Promise<AgentTarget> {
  if (isServerUrl(spelling)) return openServerAgent(spelling, { args, io });
  const loaded = withModel(await loadAgent(spelling, io.cwd), readOption(args, 'model'));
  const isInMemory = 'no-runs' in args.command.options && args.hasFlag('no-runs');
  const { wireLog, ...opened } = await openHost(loaded, { args, io, isInMemory });
  const logs = wireLog === undefined ? options : { wireLog: joinLogs(wireLog, options.wireLog) };
  return new HostAgent(loaded, { ...opened, ...logs });
}

export interface OpenedHost {
  readonly runs: HostTarget;
  /** Set with --wire. Closed with the runs. */
  readonly wireLog: ReadableWireLog | undefined;
  readonly conversations: ConversationStore;
  /** Whether runs outlive the process. */
  readonly isDurable: boolean;
}

/** Opens the host for the agents of a file: by --runs, by its own export, by PAWL_RUNS, or the default file, which is made. */
export async function openHost(
  file: AgentFile & { readonly spelling?: string },
  { args, io, isInMemory }: Place & { readonly isInMemory: boolean },
): Promise<OpenedHost> {
  const given = readOption(args, 'runs');
  if (isInMemory && given !== undefined) throw createUsageError('--no-runs and --runs exclude each other.');
  if (given !== undefined && isServerUrl(given)) {
    throw createUsageError('An agent of a file has its runs in a file. Pass the URL in place of the agent.');
  }
  const wantsWire = 'wire' in args.command.options && args.hasFlag('wire');
  if (isInMemory && wantsWire)
    throw createUsageError('--wire keeps requests beside a runs file, and --no-runs has none.');
  if (isInMemory) return openMemory();
  const place = given ?? (io.env['PAWL_RUNS'] || undefined);
  const isOwn = given === undefined && file.host !== undefined;
  const exported = isOwn
    ? file
    : place !== undefined && isAgentFile(place)
      ? await loadAgentFile(place, io.cwd)
      : undefined;
  if (exported !== undefined) {
    if (exported.host === undefined)
      throw createUsageError(`${JSON.stringify(place)} exports no host. Pass the file of the runs.`);
    if (wantsWire)
      throw createUsageError('The file exports its host, so --wire knows no runs file. Pass wireLog to the agent.');
    const spelling = ` --runs ${quoteArgument(isOwn ? (file.spelling ?? file.path).replace(/#.*$/, '') : String(place))}`;
    return withHost(exported.host, { spelling, conversations: exported.conversations ?? file.conversations });
  }
  if (place !== undefined && isServerUrl(place)) {
    throw createUsageError('PAWL_RUNS is a URL, and the agent is a file. Pass --runs FILE or --no-runs.');
  }
  const path = resolve(io.cwd, place ?? DEFAULT_FILE);
  await createRunsFile(path, place === undefined);
  const { sqliteHost, sqliteConversations } = await file.importSqlite();
  const host = sqliteHost(path);
  const store = file.conversations === undefined ? sqliteConversations(path) : undefined;
  const wireLog = wantsWire ? await openWireLog(path) : undefined;
  const runs = new HostTarget(host, {
    spelling: given === undefined ? '' : ` --runs ${quoteArgument(given)}`,
    onClose: async () => {
      await Promise.all([store?.close(), wireLog?.close()]);
    },
  });
  const conversations = file.conversations ?? store;
  if (conversations === undefined) throw new Error('There is a store: the file exports one, or it was made.');
  return { runs, conversations, wireLog, isDurable: true };
}

async function openMemory(): Promise<OpenedHost> {
  const { memoryHost, memoryConversations } = await import('@pawl/core');
  return {
    runs: new HostTarget(memoryHost(), { spelling: '' }),
    conversations: memoryConversations(),
    wireLog: undefined,
    isDurable: false,
  };
}

async function withHost(
  host: Host,
  { spelling, conversations }: { readonly spelling: string; readonly conversations: ConversationStore | undefined },
): Promise<OpenedHost> {
  const { memoryConversations } = await import('@pawl/core');
  return {
    runs: new HostTarget(host, { spelling }),
    conversations: conversations ?? memoryConversations(),
    wireLog: undefined,
    isDurable: true,
  };
}

/** A chat has a log of its own besides that of --wire. */
function joinLogs(one: WireLog, other: WireLog | undefined): WireLog {
  if (other === undefined) return one;
  return {
    sent: (request) => {
      one.sent(request);
      other.sent(request);
    },
    received: (piece) => {
      one.received(piece);
      other.received(piece);
    },
  };
}

/** Others on the machine must not read runs, and no commit should contain them. */
async function createRunsFile(path: string, isDefault: boolean): Promise<void> {
  const folder = dirname(path);
  if (isDefault && !existsSync(folder)) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
      await writeFile(join(folder, '.gitignore'), '*\n', { mode: 0o600 });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw createSetupError(
        `The runs cannot be kept in ${DEFAULT_FILE}: ${why}. Pass --runs FILE or --no-runs.`,
        error,
      );
    }
  }
  if (existsSync(path)) return;
  // SQLite gives the files beside it the same mode. If it cannot be made, the host says why.
  const file = await open(path, 'a', 0o600).catch(() => undefined);
  await file?.close();
}

function openServer(url: string, { args, io, spelling }: Place & { readonly spelling: string }): ServerTarget {
  const address = readServerAddress(url, { env: io.env, tokenEnv: readOption(args, 'token-env') });
  return new ServerTarget(address, { clock: io.clock, spelling });
}

async function openServerAgent(spelling: string, { args, io }: Place): Promise<AgentTarget> {
  for (const name of ['no-runs', 'wire', 'model', 'runs']) {
    if (!(name in args.command.options)) continue;
    const isGiven = args.hasFlag(name) || args.getText(name) !== undefined;
    if (isGiven)
      throw createUsageError(`--${name} is for an agent of a file. ${JSON.stringify(spelling)} is on a server.`);
  }
  const address = readServerAddress(spelling, { env: io.env, tokenEnv: readOption(args, 'token-env') });
  const runs = new ServerTarget(address, { clock: io.clock, spelling: ` --runs ${quoteArgument(address.url)}` });
  const name = address.agent ?? (await findOnlyAgent(runs, spelling));
  return new ServerAgent(runs, { name, spelling });
}

async function findOnlyAgent({ client }: ServerTarget, spelling: string): Promise<string> {
  const { data } = (await client.send('/v1/models')) as { readonly data: readonly { readonly id: string }[] }; // The form of OpenAI's API.
  const [only, ...others] = data.map(({ id }) => id);
  if (only !== undefined && others.length === 0) return only;
  throw createUsageError(
    `The server has several agents. Name one: ${data.map(({ id }) => `${spelling}#${id}`).join(', ')}`,
  );
}

function readOption(args: Arguments, name: string): string | undefined {
  return name in args.command.options ? args.getText(name) : undefined;
}

/** Returns the agent with another model of the same server. */
function withModel(loaded: LoadedAgent, name: string | undefined): LoadedAgent {
  if (name === undefined) return loaded;
  const { agent } = loaded;
  if (agent.with === undefined) throw createUsageError(`"${agent.name}" is a flow, so --model has no effect on it.`);
  return { ...loaded, agent: agent.with(({ model }) => ({ model: renameModel(model, name) })) };
}

/** The price of another model is not known, and its responses are others. */
function renameModel({ price: _, cacheKey: __, ...model }: ChatModel, name: string): ChatModel {
  return { ...model, name, send: (request, context) => model.send({ ...request, model: name }, context) };
}

/** Returns an argument as a shell takes it. */
export function quoteArgument(text: string): string {
  return /^[\w@%+=:,./#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
