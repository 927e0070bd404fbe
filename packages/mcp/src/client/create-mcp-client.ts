import { ConfigError, type Tool, type ToolContext } from '@pawl/core';
import type { Message, UserPart } from '@pawl/core/chat';
import { type Drift, findDrift } from '../lock/find-drift.ts';
import { readLockedServer } from '../lock/lock-file.ts';
import type { Client } from '../sdk.ts';
import { Connection } from './connection.ts';
import { createTools } from './create-tools.ts';
import { hashDefinition, type McpDefinition } from './definition.ts';
import { sortDefinitions } from './list-definitions.ts';
import type { McpChange, McpClient, McpClientEvents, McpPrompt, McpResource } from './mcp-client.ts';
import { type McpOptions, type ResolvedOptions, readOptions } from './options.ts';
import { checkPins, createDriftError, describeServer, openLockStore, type ServerDescription } from './pins.ts';
import { getPrompt, listPrompts, listResources, readResource } from './resources.ts';
import { type EraVerdict, openSession, type Session } from './session.ts';
import type { McpToolTraits } from './traits.ts';

/**
 * Connects to an MCP server and makes its tools.
 *
 * @throws ConfigError if an option is invalid, the server differs from its pins (`mcp.drift`), or two tools would have one name
 * @throws McpError if the server cannot be reached
 *
 * @example
 * await using github = await createMcpClient({ name: 'github', url: 'https://example.com/mcp', lockFile: './mcp.lock.json' });
 * const agent = new Agent({ model, tools: github.tools });
 */
export async function createMcpClient(options: McpOptions): Promise<McpClient> {
  const client = new ServerClient(readOptions(options));
  try {
    await client.start();
  } catch (error) {
    await client.close();
    throw error;
  }
  return client;
}

const MAX_LOG_LENGTH = 8192;

class ServerClient implements McpClient {
  readonly #options: ResolvedOptions;
  readonly #verdict: EraVerdict = {};
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #connection: Connection;
  readonly #connectionsOfRuns = new Map<string, Connection>();
  #snapshot: ServerDescription | undefined;
  #drift: Drift | undefined;
  /** The hashes of the tools that were compared last. */
  #lastCompared: string | undefined;
  #era: 'legacy' | 'modern' | undefined;
  #closing: Promise<void> | undefined;
  tools: readonly Tool<unknown>[] = [];
  omitted: readonly string[] = [];

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#connection = this.#createConnection();
  }

  get name(): string {
    return this.#options.name;
  }

  get definitions(): readonly McpDefinition[] {
    return this.#snapshot?.definitions ?? [];
  }

  get instructions(): string | undefined {
    return this.#snapshot?.instructions;
  }

  get era(): 'legacy' | 'modern' | undefined {
    return this.#era;
  }

  async start(): Promise<void> {
    if (this.#options.connect === 'lazy') await this.#readPinnedTools();
    else await this.#connection.connect();
  }

  /** Takes the tools from the pins. They are compared with the server's when the first call connects. */
  async #readPinnedTools(): Promise<void> {
    const { name, lockFile = '' } = this.#options;
    const store = openLockStore(lockFile);
    const pinned = await readLockedServer(store, name);
    if (pinned === undefined) {
      throw new ConfigError(
        `MCP server "${name}" is not pinned in ${store.name ?? 'the lock store'}, so there is nothing to make tools of without a connection. Pin it: npx pawl-mcp pin, or connect: "now".`,
        { code: 'mcp.lock' },
      );
    }
    const definitions = Object.values(pinned.tools).map(({ definition }) => definition);
    this.#takeSnapshot({ definitions, instructions: undefined, server: pinned }, undefined);
  }

  #createConnection(toolContext?: ToolContext): Connection {
    const connection: Connection = new Connection({
      name: this.#options.name,
      open: (signal) =>
        openSession(this.#options, {
          verdict: this.#verdict,
          toolContext,
          signal,
          onLog: (text) => this.#log(text),
          onEnd: (session) => connection.drop(session),
          onListChanged: (_session, tools) => this.#compare(this.#filter(sortDefinitions(tools))),
        }),
      onOpen: (session) => this.#check(session),
      onLog: (text) => this.#log(text),
    });
    return connection;
  }

  /** Lists the tools of a new session: takes them, or compares them with those that were taken. */
  async #check(session: Session): Promise<void> {
    const { client } = session;
    this.#era = client.getProtocolEra?.() ?? this.#era;
    const current = await describeServer(session, this.#options);
    if (this.#snapshot !== undefined) {
      this.#compareServers(current);
      return;
    }
    const { include } = this.#options;
    const unknown = include?.find((name) => !current.definitions.some((definition) => definition.name === name));
    if (unknown !== undefined) {
      throw new ConfigError(
        `MCP server "${this.name}": include names ${JSON.stringify(unknown)}, which it does not have. It has ${current.definitions.map(({ name }) => name).join(', ') || 'no tools'}.`,
      );
    }
    this.#takeSnapshot(current, await checkPins(current.server, this.#options));
  }

  #takeSnapshot(current: ServerDescription, drift: Drift | undefined): void {
    const omitted = new Set(drift?.tools.keys());
    const definitions = this.#filter(current.definitions).filter(({ name }) => !omitted.has(name));
    this.tools = createTools(definitions, {
      options: this.#options,
      getConnection: (toolContext) => this.#getConnection(toolContext),
      checkDefinition: (session, definition, traits) => this.#checkDefinition(session, definition, traits),
    });
    this.#snapshot = { ...current, definitions };
    this.omitted = [...omitted].sort();
  }

  #filter<Definition extends { readonly name: string }>(definitions: readonly Definition[]): readonly Definition[] {
    const { include } = this.#options;
    return include === undefined ? definitions : definitions.filter(({ name }) => include.includes(name));
  }

  #compareServers(current: ServerDescription): void {
    this.#compare(this.#filter(current.definitions));
    if (this.#options.lockFile === undefined || this.#snapshot === undefined) return;
    this.#drift = findDrift(this.#snapshot.server, current.server, this.#options.include);
  }

  /** Reports differences from the tools of this client, each once. */
  #compare(tools: readonly McpDefinition[]): void {
    const before = new Map(this.definitions.map((definition) => [definition.name, hashDefinition(definition)]));
    const after = new Map(tools.map((each) => [each.name, hashDefinition(each)]));
    const hashes = JSON.stringify([...after]);
    if (this.#lastCompared === hashes) return;
    this.#lastCompared = hashes;
    const change: McpChange = {
      added: [...after.keys()].filter((name) => !before.has(name)),
      removed: [...before.keys()].filter((name) => !after.has(name)),
      changed: [...after].flatMap(([name, hash]) => (before.has(name) && before.get(name) !== hash ? [name] : [])),
    };
    if (Object.values(change).some((names) => names.length > 0)) this.#emit('changed', change);
  }

  /** Refuses a call of a tool that is no longer as it was pinned. Servers need not report a change, so calls with an effect list the tools again. */
  async #checkDefinition(session: Session, { name }: McpDefinition, { effect }: McpToolTraits): Promise<void> {
    if (this.#options.lockFile === undefined) return;
    if (effect !== 'read') this.#compareServers(await describeServer(session, this.#options));
    const lines = this.#drift?.tools.get(name);
    if (lines !== undefined) throw createDriftError(this.name, lines);
  }

  #getConnection(toolContext: ToolContext): Connection {
    const { runId, onRunEnd } = toolContext;
    if (this.#options.isolation !== 'run') return this.#connection;
    const known = this.#connectionsOfRuns.get(runId);
    if (known !== undefined) return known;
    const connection = this.#createConnection(toolContext);
    this.#connectionsOfRuns.set(runId, connection);
    onRunEnd(async () => {
      this.#connectionsOfRuns.delete(runId);
      await connection.close();
    });
    return connection;
  }

  on<Type extends keyof McpClientEvents>(type: Type, listener: (event: McpClientEvents[Type]) => void): this {
    if (!['changed', 'closed', 'log'].includes(type) || typeof listener !== 'function') {
      throw new ConfigError(
        `MCP server "${this.name}": on(${JSON.stringify(type)}, ${typeof listener}). Pass "changed", "closed" or "log", and a function.`,
      );
    }
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return this;
  }

  #emit<Type extends keyof McpClientEvents>(type: Type, event: McpClientEvents[Type]): void {
    for (const listener of this.#listeners.get(type) ?? []) {
      try {
        (listener as (event: McpClientEvents[Type]) => void)(event); // `on` keeps it by its type.
      } catch {
        // A listener must not disturb a call.
      }
    }
  }

  #log(text: string): void {
    this.#emit('log', { message: text.slice(0, MAX_LOG_LENGTH) });
  }

  refresh(): Promise<McpClient> {
    return createMcpClient(this.#options as McpOptions); // They were checked.
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#connection, ...this.#connectionsOfRuns.values()].map((each) => each.close()));
    this.#emit('closed', { name: this.name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #use<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
    const session = await this.#connection.acquire(AbortSignal.timeout(this.#options.idleTimeoutMs));
    return use(session.client);
  }

  listResources(): Promise<readonly McpResource[]> {
    return this.#use((client) => listResources(client, this.#options.idleTimeoutMs));
  }

  readResource(uri: string): Promise<readonly UserPart[]> {
    return this.#use((client) => readResource(client, uri, this.#options.idleTimeoutMs));
  }

  listPrompts(): Promise<readonly McpPrompt[]> {
    return this.#use((client) => listPrompts(client, this.#options.idleTimeoutMs));
  }

  getPrompt(name: string, input: Readonly<Record<string, string>> = {}): Promise<readonly Message[]> {
    const scope = { server: this.name, timeout: this.#options.idleTimeoutMs };
    return this.#use((client) => getPrompt(client, { name, arguments: input }, scope));
  }
}
