import { opendir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Inside, Jail } from '../files/jail.ts';

export interface WalkOptions {
  readonly jail: Jail;
  readonly maxEntries: number;
  readonly maxDepth: number;
  readonly signal: AbortSignal;
  /** Whether an entry is wanted; a folder that is not is looked through all the same. */
  readonly wants: (shown: string) => boolean;
}

export interface Walked {
  /** As the model sees them, folders with a separator at their end; sorted, folder by folder. */
  readonly entries: readonly string[];
  /** Why there are more than these, where there are. */
  readonly stopped: 'entries' | 'depth' | undefined;
}

/** Lists what is below a folder. Follows no link; leaves out what is denied. */
export async function walk(start: Inside, options: WalkOptions): Promise<Walked> {
  const { jail, maxEntries, maxDepth, signal, wants } = options;
  const entries: string[] = [];
  let stopped: Walked['stopped'];
  const visit = async ({ real, shown }: Inside, depth: number): Promise<void> => {
    for (const entry of await contents(real, signal)) {
      const path = shown === '' ? entry.name : shown + sep + entry.name;
      if (!jail.allows(path)) continue;
      if (wants(path)) {
        if (entries.length >= maxEntries) {
          stopped = 'entries';
          return;
        }
        entries.push(entry.isDirectory ? path + sep : path);
      }
      if (!entry.isDirectory) continue;
      if (depth >= maxDepth) stopped ??= 'depth';
      else await visit({ real: join(real, entry.name), shown: path }, depth + 1);
      if (stopped === 'entries') return;
    }
  };
  await visit(start, 1);
  return { entries, stopped };
}

/** The most entries of one folder that are looked at, so that a hostile one can't fill the memory. */
const MAX_IN_FOLDER = 20_000;

async function contents(
  folder: string,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly isDirectory: boolean }[]> {
  const found: { readonly name: string; readonly isDirectory: boolean }[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      signal.throwIfAborted();
      found.push({ name: entry.name, isDirectory: entry.isDirectory() });
      if (found.length >= MAX_IN_FOLDER) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // A folder that can't be read, or was removed meanwhile, is told without its contents.
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
