import { parseArgs } from 'node:util';
import { PawlError } from '@pawl/core';
import { type AnyMcpOptions, type McpOptions, readOptions } from '../client/options.ts';
import { describeServer } from '../client/pins.ts';
import { openSession } from '../client/session.ts';
import { findDrift } from './find-drift.ts';
import { type LockedServer, openLockFile, readLockedServer, writeLockedServer } from './lock-file.ts';

const USAGE = `Pins the tools of MCP servers in a lock file, and shows what has changed since.

  pawl-mcp pin [OPTION ...] NAME --url URL
  pawl-mcp pin [OPTION ...] NAME -- COMMAND [ARGUMENT ...]
  pawl-mcp pin [OPTION ...] [NAME ...]      pins again what the file names
  pawl-mcp diff [OPTION ...] [NAME ...]

  --lock FILE        the lock file; mcp.lock.json
  --header LINE      a header of each request, "Name: value"; may be repeated, and is not stored
  --inherit NAME     an environment variable that the server inherits; may be repeated
  --protocol NAME    auto, legacy, or a revision such as 2026-07-28

Exits with 1 if diff finds a difference, with 2 if something failed.`;

const OPTIONS = {
  lock: { type: 'string', default: 'mcp.lock.json' },
  url: { type: 'string' },
  header: { type: 'string', multiple: true },
  inherit: { type: 'string', multiple: true },
  protocol: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

interface CommandLine {
  readonly values: {
    readonly lock: string;
    readonly url?: string;
    readonly header?: readonly string[];
    readonly inherit?: readonly string[];
    readonly protocol?: string;
    readonly help: boolean;
  };
  readonly positionals: readonly string[];
  /** What follows `--`. */
  readonly command: readonly string[];
  readonly print: (line: string) => void;
}

/** The arguments are wrong. */
class UsageError extends Error {}

/** Runs `pawl-mcp`. Resolves its exit code. */
export async function runCli(args: readonly string[], print: (line: string) => void): Promise<number> {
  try {
    const line = readCommandLine(args, print);
    const [action, ...names] = line.positionals;
    if (line.values.help) {
      print(USAGE);
      return 0;
    }
    if (action === 'pin') return await writePins(line, names);
    if (action === 'diff') return await compare(line, names);
    throw new UsageError(action === undefined ? 'There is no command.' : `There is no command "${action}".`);
  } catch (error) {
    if (error instanceof UsageError) print(`${error.message}\n\n${USAGE}`);
    else if (PawlError.isInstance(error)) print(error.message);
    else print(error instanceof Error ? String(error.stack) : String(error));
    return 2;
  }
}

function readCommandLine(args: readonly string[], print: (line: string) => void): CommandLine {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  try {
    const { values, positionals } = parseArgs({ args: args.slice(0, end), options: OPTIONS, allowPositionals: true });
    return { values, positionals, command: args.slice(end + 1), print };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function writePins(line: CommandLine, names: readonly string[]): Promise<number> {
  const { values, command, print } = line;
  const store = openLockFile(values.lock);
  const isNew = values.url !== undefined || command.length > 0;
  const [name] = names;
  if (isNew && (name === undefined || names.length > 1)) throw new UsageError('A new pin has one name.');
  for (const each of isNew ? names : await listNames(line, names)) {
    const source = isNew ? { command, url: values.url } : await readPinned(line, each);
    const current = await describe(line, each, source);
    await writeLockedServer(store, each, current);
    print(`${each}: ${current.server}, ${Object.keys(current.tools).length} tools pinned in ${values.lock}`);
  }
  return 0;
}

async function compare(line: CommandLine, names: readonly string[]): Promise<number> {
  let code = 0;
  for (const name of await listNames(line, names)) {
    const pinned = await readPinned(line, name);
    const drift = findDrift(pinned, await describe(line, name, pinned));
    line.print(
      drift === undefined ? `${name}: no difference` : `${name}:\n${drift.lines.map((each) => `  ${each}`).join('\n')}`,
    );
    if (drift !== undefined) code = 1;
  }
  return code;
}

async function listNames({ values }: CommandLine, names: readonly string[]): Promise<readonly string[]> {
  if (names.length > 0) return names;
  const data = await openLockFile(values.lock).read();
  if (data === undefined)
    throw new UsageError(`There is no ${values.lock}. Pin a server: pawl-mcp pin NAME --url URL.`);
  return Object.keys(data.servers);
}

async function readPinned({ values }: CommandLine, name: string): Promise<LockedServer> {
  const pinned = await readLockedServer(openLockFile(values.lock), name);
  if (pinned === undefined) throw new UsageError(`${values.lock} does not name "${name}".`);
  if (pinned.command === undefined && pinned.url === undefined) {
    throw new UsageError(`"${name}" was pinned by an application with a client of its own. Only it can pin it again.`);
  }
  return pinned;
}

type Source = Pick<LockedServer, 'url' | 'command'>;

async function describe(line: CommandLine, name: string, source: Source): Promise<LockedServer> {
  const options = readOptions(buildOptions(line, name, source));
  const session = await openSession(options, {
    verdict: {},
    toolContext: undefined,
    signal: new AbortController().signal,
    onLog: () => {},
    onEnd: () => {},
    onListChanged: () => {},
  });
  try {
    return (await describeServer(session, options)).server;
  } finally {
    await session.close();
  }
}

function buildOptions({ values }: CommandLine, name: string, { url, command = [] }: Source): McpOptions {
  const [program = '', ...args] = command;
  const { protocol } = values;
  const protocolVersion: AnyMcpOptions['protocolVersion'] =
    protocol === undefined || protocol === 'auto' || protocol === 'legacy' ? protocol : { pin: protocol };
  const common = { name, ...(protocolVersion !== undefined && { protocolVersion }) };
  if (url === undefined) return { ...common, command: program, args, inheritEnv: values.inherit ?? [] };
  return { ...common, url, headers: Object.fromEntries((values.header ?? []).map(readHeader)) };
}

function readHeader(line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new UsageError('A header is "Name: value".');
  return [name, value];
}
