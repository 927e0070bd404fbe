// One contestant in a process of its own: does what it is told for a while, and tells what that cost.
import { byHand } from './by-hand.ts';
import { pawl } from './pawl.ts';
import { byFetch, byNodeHttp } from './posts.ts';
import type { Contestant, Setup } from './work.ts';

/** How long to do what. */
export interface Slice {
  readonly kind: 'whole' | 'twenty' | 'bulk' | 'pieces';
  readonly atOnce: number;
  readonly toolCount: number;
  readonly ms: number;
}

export interface Cost {
  /** Of the whole process, all threads. */
  readonly cpuMicros: number;
  /** Conversations that were had. */
  readonly count: number;
}

const MAKE: Readonly<Record<string, (setup: Setup) => Contestant>> = {
  fetch: (setup) => byHand(byFetch, setup),
  'node:http': (setup) => byHand(byNodeHttp, setup),
  pawl,
};

const [name = '', port = ''] = process.argv.slice(2);
const contestants = new Map<string, Contestant>();

function contestant({ kind, toolCount }: Slice): Contestant {
  const key = `${kind} ${toolCount}`;
  const made = contestants.get(key) ?? MAKE[name]?.({ baseURL: `http://127.0.0.1:${port}/${kind}`, toolCount });
  if (made === undefined) throw new Error(`There is no contestant "${name}".`);
  contestants.set(key, made);
  return made;
}

async function one({ ask, stream }: Contestant, { kind }: Slice): Promise<void> {
  let pieces = 0;
  const text = kind === 'whole' ? await ask() : await stream(() => pieces++);
  if (text === '' || (kind !== 'whole' && pieces === 0)) throw new Error(`${name} got no answer.`);
}

async function measure(slice: Slice): Promise<Cost> {
  const { atOnce, ms } = slice;
  const who = contestant(slice);
  // What comes first is colder than the rest.
  await one(who, slice);
  let count = 0;
  const cpu = process.cpuUsage();
  const end = performance.now() + ms;
  const worker = async (): Promise<void> => {
    do {
      await one(who, slice);
      count++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: user + system, count };
}

process.on('message', (slice: Slice) => {
  void measure(slice).then((cost) => process.send?.(cost)); // A failure ends the process.
});
process.on('disconnect', () => process.exit());
