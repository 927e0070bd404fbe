import { cpus } from 'node:os';
import { redactSecrets } from '../base/redacted.ts';
import type { ChildLimits } from '../child/caps.ts';
import type { Isolation, ProcessIdentity, WrappedProgram } from '../child/isolation.ts';
import { runChild } from '../child/run-child.ts';
import { FolderHandle } from '../files/folder.ts';
import type { Jail } from '../files/jail.ts';
import { toRelativePath } from '../files/roots.ts';
import type { AllowedPath } from '../files/territory.ts';
import { capped } from '../output/capped.ts';
import { type OutputKey, type OutputStore, restOf } from '../output/outputs.ts';
import type { CommandSecrets } from './command-secrets.ts';
import { programAt } from './program.ts';
import { ending, shownOutput } from './told.ts';

export interface Input {
  readonly command?: readonly string[] | undefined;
  /** In place of a command, for the shell. */
  readonly script?: string | undefined;
  readonly folder: string;
  readonly stdin?: string | undefined;
  readonly secrets?: readonly string[] | undefined;
}

export interface Performing {
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

/** Runs a command that was checked and agreed to, and gives what the model reads of it. */
export async function perform(input: Input, performing: Performing): Promise<string> {
  const { jail, secrets, environment, limits, user, signal } = performing;
  const { script, folder: path, stdin = '' } = input;
  const folder = await jail.find(path, { signal });
  // Held while it runs: what the path leads to may be another one by then.
  const held = await FolderHandle.open(folder, path);
  try {
    const argv = script === undefined ? (input.command ?? []) : [performing.shell ?? '', '-c', script];
    const program = await wrap(argv, { folder, performing });
    // Last, when all else is there. A script is no list of arguments that a secret could be bound to.
    const proofs = await secrets.entries(input.secrets ?? [], script === undefined ? argv : []);
    const launch = {
      program,
      folder: program.isIsolated ? '/' : held.join('.'),
      environment: { ...environment, ...proofs },
      user,
      input: stdin,
      stderr: 'include',
    } as const;
    const ended = await runChild(launch, { ...limits, signal });
    const text = redactSecrets(ended.text, Object.values(proofs));
    const head = ending(ended, { limits, isIsolated: program.isIsolated });
    return `${head}\n${fitted(shownOutput({ ...ended, text }), performing)}`;
  } finally {
    await held.close();
  }
}

interface Wrapping {
  readonly folder: AllowedPath;
  readonly performing: Performing;
}

function wrap([name = '', ...args]: readonly string[], { folder, performing }: Wrapping): Promise<WrappedProgram> {
  const { jail, isolation, limits, path, network, readable } = performing;
  const program = programAt(name, { path, folder: folder.real });
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

/** What programs set aside and do not use: half a gibibyte in Node 24. What is used is counted by looking. */
const RESERVED_BYTES = 2 ** 30;

function fitted(text: string, { outputs, maxLength, key }: Performing): string {
  if (text.length <= maxLength) return text;
  outputs?.keep(key, text);
  return capped(text, { maxLength, ...(outputs === undefined ? {} : { rest: restOf(key.callId) }) });
}
