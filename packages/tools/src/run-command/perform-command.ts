import { cpus } from 'node:os';
import { redactSecrets } from '../base/redact-secrets.ts';
import type { ChildLimits } from '../child/child-limits.ts';
import type { Isolation, ProcessIdentity, WrappedProgram } from '../child/isolation.ts';
import { runChild } from '../child/run-child.ts';
import type { AllowedPath } from '../files/allowed-folders.ts';
import { FolderHandle } from '../files/folder-handle.ts';
import type { Jail } from '../files/jail.ts';
import { toRelativePath } from '../files/resolve-roots.ts';
import { describeRest, type OutputKey, type OutputStore } from '../output/output-store.ts';
import { shortenMiddle } from '../output/shorten-middle.ts';
import type { CommandSecrets } from './command-secrets.ts';
import { findProgramPath } from './find-program-path.ts';
import { formatEnding, formatOutput } from './format-result.ts';

export interface CommandInput {
  readonly command?: readonly string[] | undefined;
  /** A script for the shell, instead of a command. */
  readonly script?: string | undefined;
  readonly folder: string;
  readonly stdin?: string | undefined;
  readonly secrets?: readonly string[] | undefined;
}

export interface CommandScope {
  readonly jail: Jail;
  readonly secrets: CommandSecrets;
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation: Isolation;
  readonly limits: ChildLimits;
  readonly shell: string | undefined;
  readonly path: readonly string[];
  readonly network: 'none' | 'host';
  readonly readable: readonly string[];
  readonly user: ProcessIdentity | undefined;
  readonly outputs: OutputStore | undefined;
  readonly maxLength: number;
  readonly signal: AbortSignal;
  readonly key: OutputKey;
}

/** Runs a command that was checked and approved, and returns the model's result. */
export async function performCommand(input: CommandInput, scope: CommandScope): Promise<string> {
  const { jail, secrets, environment, limits, user, signal } = scope;
  const { script, folder: path, stdin = '' } = input;
  const folder = await jail.find(path, { signal });
  // The folder stays open while the command starts: its path may lead to another folder by then.
  const handle = await FolderHandle.open(folder, path);
  try {
    const argv = script === undefined ? (input.command ?? []) : [scope.shell ?? '', '-c', script];
    const program = await wrapCommand(argv, { folder, scope });
    // Resolved last, right before the start. A script gets no secrets, because a secret is bound to a list of arguments.
    const secretEntries = await secrets.resolveEntries(input.secrets ?? [], script === undefined ? argv : []);
    const launch = {
      program,
      folder: program.isIsolated ? '/' : handle.join('.'),
      environment: { ...environment, ...secretEntries },
      user,
      input: stdin,
      stderr: 'include',
    } as const;
    const result = await runChild(launch, { ...limits, signal });
    const text = redactSecrets(result.text, Object.values(secretEntries));
    const head = formatEnding(result, { limits, isIsolated: program.isIsolated });
    return `${head}\n${shortenOutput(formatOutput({ ...result, text }), scope)}`;
  } finally {
    await handle.close();
  }
}

interface WrapOptions {
  readonly folder: AllowedPath;
  readonly scope: CommandScope;
}

function wrapCommand([name = '', ...args]: readonly string[], { folder, scope }: WrapOptions): Promise<WrappedProgram> {
  const { jail, isolation, limits, path, network, readable } = scope;
  const program = findProgramPath(name, { path, folder: folder.real });
  const roots = jail.roots.map(({ real }) => real);
  const programs = path.filter((each) => !roots.some((root) => toRelativePath(root, each) !== undefined));
  return isolation.wrap(
    { path: program, args },
    {
      ...{ writable: roots, readable: [...programs, ...readable], network, folder: folder.real },
      maxDataBytes: limits.maxMemoryBytes + RESERVED_BYTES,
      maxCpuSeconds: Math.ceil((limits.timeoutMs + limits.graceMs) / 1_000) * cpus().length,
      maxProcesses: limits.maxProcesses,
    },
  );
}

/** Memory that programs reserve and do not use: half a gibibyte in Node 24. The supervisor measures the memory in use. */
const RESERVED_BYTES = 2 ** 30;

function shortenOutput(text: string, { outputs, maxLength, key }: CommandScope): string {
  if (text.length <= maxLength) return text;
  outputs?.keep(key, text);
  return shortenMiddle(text, { maxLength, ...(outputs === undefined ? {} : { rest: describeRest(key.toolCallId) }) });
}
