import { readdirSync, readFileSync } from 'node:fs';
import { LOCK_LIMIT } from './isolation.ts';

export interface TreeProcess {
  readonly pid: number;
  readonly parent: number;
}

/** The processes of a tree, and what they use together. */
export interface TreeUsage {
  readonly processes: readonly TreeProcess[];
  /** Number of processes and threads. */
  readonly taskCount: number;
  /** Private and shared anonymous memory. */
  readonly bytes: number;
}

interface ProcessEntry extends TreeProcess {
  readonly group: number;
  /** Together with the id it identifies a process: the system reuses ids. */
  readonly startTime: string;
}

/**
 * A child and every process that it started, read from Linux's /proc: its descendants, its process group, and every process that has
 * inherited its mark, also in another session. On other systems the tree is empty.
 */
export class ProcessTree {
  readonly #pid: number;
  readonly #mark: number | undefined;
  /** Whether a process belongs to the tree, by id and start time. Cached, because reading a mark is slow. */
  #known = new Map<string, boolean>();

  constructor({ pid, mark }: { readonly pid: number; readonly mark: number | undefined }) {
    this.#pid = pid;
    this.#mark = mark;
    const first = readProcess(pid);
    if (first !== undefined) this.#known.set(identify(first), true);
  }

  measure(): TreeUsage {
    const members: TreeProcess[] = [];
    this.visit((member) => void members.push(member));
    const sizes = members.map(({ pid }) => readSize(pid));
    return {
      processes: members,
      taskCount: sizes.reduce((sum, { tasks }) => sum + tasks, 0),
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Passes each process to `take` as soon as it is found. Returns how many there are. */
  visit(take: (member: TreeProcess) => void): number {
    const known = new Map<string, boolean>();
    const others: ProcessEntry[] = [];
    const found = new Set<number>();
    const add = (each: ProcessEntry): void => {
      known.set(identify(each), true);
      found.add(each.pid);
      take(each);
    };
    for (const each of listProcesses()) {
      const belongs = this.#known.get(identify(each)) ?? (each.group === this.#pid || this.#hasMark(each.pid));
      if (belongs) add(each);
      else others.push(each);
    }
    const below = findDescendants(found, others);
    for (const each of others) {
      if (below.has(each.pid)) add(each);
      else known.set(identify(each), false);
    }
    this.#known = known;
    return found.size;
  }

  #hasMark(pid: number): boolean {
    return this.#mark !== undefined && LOCK_LIMIT.exec(readProcFile(pid, 'limits'))?.[1] === String(this.#mark);
  }
}

function* listProcesses(): Iterable<ProcessEntry> {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? readProcess(Number(name)) : undefined;
    if (found !== undefined) yield found;
  }
}

/** `undefined` if there is no such process, or if it is a zombie. */
function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readProcFile(pid, 'stat');
  // The fields start after the program's name, which may contain spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  if (state === '' || 'ZX'.includes(state)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), startTime: fields[19] ?? '' };
}

function identify({ pid, startTime: started }: ProcessEntry): string {
  return `${pid} ${started}`;
}

function findDescendants(roots: ReadonlySet<number>, others: readonly ProcessEntry[]): ReadonlySet<number> {
  const children = Map.groupBy(others, ({ parent }) => parent);
  const found = new Set(roots);
  // Iterating a set also visits entries that are added meanwhile.
  for (const each of found) for (const child of children.get(each) ?? []) found.add(child.pid);
  return found;
}

function readSize(pid: number): { readonly tasks: number; readonly bytes: number } {
  const status = readProcFile(pid, 'status');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { tasks: number('Threads'), bytes: (number('RssAnon') + number('RssShmem')) * 1_024 };
}

/** Returns an empty text if the process has ended. */
function readProcFile(pid: number, file: 'stat' | 'status' | 'limits'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
