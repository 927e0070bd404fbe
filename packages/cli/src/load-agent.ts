import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChatModel, Conversation, Host, ResumeOptions, Run, RunOptions, Tool } from '@pawl/core';
import type { UserMessage } from '@pawl/core/chat';
import type { ConversationStore, RunRecord } from '@pawl/core/host';
import { checkAgentCore } from './check-core.ts';
import { createSetupError, createUsageError } from './errors.ts';

/** An agent, or a flow, as commands use it. The context that it needs is that of its file, which no type can say. */
export interface RunnableAgent {
  readonly name: string;
  /** Absent on a flow. */
  readonly hasTextGuard?: boolean;
  run(input: string, options: RunOptions & Contextual): Run<unknown>;
  resume(runId: string, options: ResumeOptions & Contextual): Run<unknown>;
  /** Absent on a flow. */
  with?(changes: (options: ReadableOptions) => object): RunnableAgent;
  /** Absent on a flow. */
  continueConversation?(
    message: string | UserMessage,
    options: RunOptions & Contextual & { readonly host: Host; readonly conversation: Conversation },
  ): Run<unknown>;
}

interface Contextual {
  readonly context?: unknown;
}

/** What a context is made of: that of `@pawl/serve`. */
export interface ContextSource {
  readonly principal: { readonly id: string; readonly isOperator: boolean };
  /** Set for a run that is resumed. */
  readonly record?: RunRecord;
}

/** What the file of an agent exports. */
export interface AgentFile {
  readonly path: string;
  readonly agents: ReadonlyMap<string, RunnableAgent>;
  readonly host: Host | undefined;
  readonly conversations: ConversationStore | undefined;
  /** Makes the context of a run; `undefined` if the file exports none. */
  readonly createContext: ((source: ContextSource) => unknown) | undefined;
  /** Loads the host for files from the agent's own copy of core. */
  readonly importSqlite: () => Promise<typeof import('@pawl/core/sqlite')>;
}

export interface LoadedAgent extends AgentFile {
  readonly agent: RunnableAgent;
  /** As it was given on the command line. */
  readonly spelling: string;
}

/** Whether a text names the file of an agent, and not a runs file. */
export function isAgentFile(text: string): boolean {
  return /\.[cm]?[jt]sx?(#[^/]*)?$/.test(text);
}

/**
 * Loads an agent by `file.ts#export`: the named export, otherwise the default export, otherwise the only agent that the file exports.
 *
 * @throws CliError
 */
export async function loadAgent(spelling: string, cwd: string): Promise<LoadedAgent> {
  const [path = '', name] = splitAgent(spelling);
  const file = await loadAgentFile(path, cwd);
  return { ...file, agent: chooseAgent(file, { name, path }), spelling };
}

/** Loads the file of agents. @throws CliError */
export async function loadAgentFile(path: string, cwd: string): Promise<AgentFile> {
  const file = resolve(cwd, path);
  if (!existsSync(file)) {
    throw createUsageError(
      `There is no file ${JSON.stringify(path)}. Pass the file of an agent, or the URL of a served agent. A new project: pawl init`,
    );
  }
  checkAgentCore(file);
  const exports = await importFile(file, path);
  const agents = new Map<string, RunnableAgent>();
  for (const [name, value] of Object.entries(exports)) if (isRunnable(value)) agents.set(name, value);
  const { host, conversations, context } = exports;
  return {
    path: file,
    agents,
    host: isObject(host) && typeof host['claim'] === 'function' ? (host as unknown as Host) : undefined, // Its method says so.
    conversations:
      isObject(conversations) && typeof conversations['load'] === 'function'
        ? (conversations as unknown as ConversationStore) // As above.
        : undefined,
    createContext:
      context === undefined
        ? undefined
        : typeof context === 'function'
          ? (source) => (context as (source: ContextSource) => unknown)(source) // A function takes anything.
          : () => context,
    importSqlite: () => import(resolveFrom(file, '@pawl/core/sqlite') ?? '@pawl/core/sqlite'),
  };
}

/** Returns the URL of a module as the file would import it; `undefined` if it has none. */
function resolveFrom(file: string, specifier: string): string | undefined {
  try {
    return pathToFileURL(createRequire(file).resolve(specifier)).href;
  } catch {
    return undefined; // A file outside of a project uses the copy of the CLI.
  }
}

function splitAgent(spelling: string): readonly [path: string, name: string | undefined] {
  const at = spelling.lastIndexOf('#');
  return at === -1 ? [spelling, undefined] : [spelling.slice(0, at), spelling.slice(at + 1)];
}

function chooseAgent(
  { agents }: AgentFile,
  { name, path }: { readonly name: string | undefined; readonly path: string },
): RunnableAgent {
  const found =
    agents.get(name ?? 'default') ?? (name === undefined && agents.size === 1 ? [...agents.values()][0] : undefined);
  if (found !== undefined) return found;
  const names = [...agents.keys()];
  if (names.length === 0)
    throw createUsageError(
      `${JSON.stringify(path)} exports no agent. Export one: export const agent = new Agent({ … });`,
    );
  const choices = names.map((each) => (each === 'default' ? path : `${path}#${each}`)).join(', ');
  throw createUsageError(
    name === undefined
      ? `${JSON.stringify(path)} exports several agents. Name one: ${choices}`
      : `${JSON.stringify(path)} exports no agent ${JSON.stringify(name)}. There are: ${choices}`,
  );
}

async function importFile(file: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw createSetupError(describeImportError(error, { file, path }), error);
  }
}

function describeImportError(error: unknown, { file, path }: { readonly file: string; readonly path: string }): string {
  if (!(error instanceof Error)) return `${path} threw while it was imported: ${String(error)}`;
  const { message } = error;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${path} has syntax that Node cannot remove: ${message} Use erasable syntax: a union or an object in place of an enum, no namespace with values, no parameter properties ("erasableSyntaxOnly": true in tsconfig.json finds them).`;
  }
  const missing = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (missing !== undefined)
    return `${path} imports "${missing}", which is not installed. Install it: npm install ${missing}`;
  const place = error.stack?.split('\n').find((line) => line.includes(file) || line.includes(pathToFileURL(file).href));
  const where = place === undefined ? '' : ` (${place.trim().replace(/^at /, '')})`;
  return `${path} threw while it was imported: ${error.name}: ${message}${where}`;
}

function isRunnable(value: unknown): value is RunnableAgent {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    typeof value['run'] === 'function' &&
    typeof value['resume'] === 'function'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The options of an agent that commands read. */
export interface ReadableOptions {
  readonly model: ChatModel;
  readonly tools?: readonly Tool<unknown>[];
  readonly instructions?: unknown;
}

/** Reads the options of an agent; `undefined` of a flow, which has none. */
export function readAgentOptions(agent: RunnableAgent): ReadableOptions | undefined {
  let options: ReadableOptions | undefined;
  // The copy that `with` makes shows the options of the agent.
  agent.with?.((given) => {
    options = given;
    return {};
  });
  return options;
}
