import { readdirSync, readFileSync } from 'node:fs';
import { LOCK_LIMIT } from './isolation.ts';

export interface TreeProcess {
  readonly pid: number;
  readonly parent: number;
}

/** Who there is, and what all of them have. */
export interface TreeUsage {
  readonly processes: readonly TreeProcess[];
  /** Processes and threads. */
  readonly taskCount: number;
  /** Memory that is their own. */
  readonly bytes: number;
}

interface ProcessEntry extends TreeProcess {
  readonly group: number;
  /** With the id it names a process for good: ids are given again. */
  readonly startTime: string;
}

/**
 * A child and all that came of it, as Linux's /proc tells: what it is above of, its process group, and what has its mark, wherever that
 * went to. Elsewhere nobody is found.
 */
export class ProcessTree {
  readonly #pid: number;
  readonly #mark: number | undefined;
  /** Whether they belong to it, by id and start: asked once. */
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

  /** Hands each over as it is found, and says how many there were. */
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

/** One that has ended, and was not asked for yet, is none. */
function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readProcFile(pid, 'stat');
  // Behind the program's name, which may have spaces and brackets in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  if (state === '' || 'ZX'.includes(state)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), startTime: fields[19] ?? '' };
}

function identify({ pid, startTime: started }: ProcessEntry): string {
  return `${pid} ${started}`;
}

function findDescendants(of: ReadonlySet<number>, all: readonly ProcessEntry[]): ReadonlySet<number> {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = new Set(of);
  // A set gives what is added to it meanwhile as well.
  for (const each of found) for (const child of children.get(each) ?? []) found.add(child.pid);
  return found;
}

function readSize(pid: number): { readonly tasks: number; readonly bytes: number } {
  const status = readProcFile(pid, 'status');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { tasks: number('Threads'), bytes: (number('RssAnon') + number('RssShmem')) * 1_024 };
}

/** Empty where it has ended. */
function readProcFile(pid: number, what: 'stat' | 'status' | 'limits'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
