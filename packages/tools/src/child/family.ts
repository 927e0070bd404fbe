import { readdirSync, readFileSync } from 'node:fs';
import { LOCKS } from './isolation.ts';

export interface Member {
  readonly pid: number;
  readonly parent: number;
}

/** Who there is, and what all of them have. */
export interface Census {
  readonly members: readonly Member[];
  /** Processes and threads. */
  readonly tasks: number;
  /** Memory that is their own. */
  readonly bytes: number;
}

interface Process extends Member {
  readonly group: number;
  /** With the id it names a process for good: ids are given again. */
  readonly started: string;
}

/**
 * A child and all that came of it, as Linux's /proc tells: what it is above of, its process group, and what has its mark, wherever that
 * went to. Elsewhere nobody is found.
 */
export class Family {
  readonly #pid: number;
  readonly #mark: number | undefined;
  /** Whether they belong to it, by id and start: asked once. */
  #known = new Map<string, boolean>();

  constructor({ pid, mark }: { readonly pid: number; readonly mark: number | undefined }) {
    this.#pid = pid;
    this.#mark = mark;
    const first = processAt(pid);
    if (first !== undefined) this.#known.set(nameOf(first), true);
  }

  look(): Census {
    const members: Member[] = [];
    this.visit((member) => void members.push(member));
    const sizes = members.map(({ pid }) => sizeOf(pid));
    return {
      members,
      tasks: sizes.reduce((sum, { tasks }) => sum + tasks, 0),
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** Hands each over as it is found, and says how many there were. */
  visit(take: (member: Member) => void): number {
    const known = new Map<string, boolean>();
    const others: Process[] = [];
    const found = new Set<number>();
    const add = (each: Process): void => {
      known.set(nameOf(each), true);
      found.add(each.pid);
      take(each);
    };
    for (const each of processes()) {
      const belongs = this.#known.get(nameOf(each)) ?? (each.group === this.#pid || this.#hasMark(each.pid));
      if (belongs) add(each);
      else others.push(each);
    }
    const below = descendants(found, others);
    for (const each of others) {
      if (below.has(each.pid)) add(each);
      else known.set(nameOf(each), false);
    }
    this.#known = known;
    return found.size;
  }

  #hasMark(pid: number): boolean {
    return this.#mark !== undefined && LOCKS.exec(told(pid, 'limits'))?.[1] === String(this.#mark);
  }
}

function* processes(): Iterable<Process> {
  if (process.platform !== 'linux') return;
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? processAt(Number(name)) : undefined;
    if (found !== undefined) yield found;
  }
}

/** One that has ended, and was not asked for yet, is none. */
function processAt(pid: number): Process | undefined {
  const stat = told(pid, 'stat');
  // Behind the program's name, which may have spaces and brackets in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  if (state === '' || 'ZX'.includes(state)) return undefined;
  return { pid, parent: Number(parent), group: Number(group), started: fields[19] ?? '' };
}

function nameOf({ pid, started }: Process): string {
  return `${pid} ${started}`;
}

function descendants(of: ReadonlySet<number>, all: readonly Process[]): ReadonlySet<number> {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = new Set(of);
  // A set gives what is added to it meanwhile as well.
  for (const each of found) for (const child of children.get(each) ?? []) found.add(child.pid);
  return found;
}

function sizeOf(pid: number): { readonly tasks: number; readonly bytes: number } {
  const status = told(pid, 'status');
  const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return { tasks: number('Threads'), bytes: (number('RssAnon') + number('RssShmem')) * 1_024 };
}

/** Empty where it has ended. */
function told(pid: number, what: 'stat' | 'status' | 'limits'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
