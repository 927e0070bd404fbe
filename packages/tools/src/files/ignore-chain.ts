import { type IgnoreRules, ignoreRules, isIgnored } from './ignore-rules.ts';
import type { Jail } from './jail.ts';
import { openFile } from './open-file.ts';
import type { Ignoring, Inside } from './territory.ts';

/** Names of the files that say what is ignored. Larger ones are cut: they are read for each folder. */
const MAX_BYTES = 65_536;

interface Reading {
  readonly jail: Jail;
  readonly names: readonly string[];
  readonly signal: AbortSignal;
}

/** What is ignored, folder by folder: each folder adds its own rules to those of the folders around it. */
export class IgnoreChain implements Ignoring {
  readonly #reading: Reading;
  readonly #chains = new Map<string, readonly IgnoreRules[]>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** A walk may begin anywhere below a root: what the folders above say counts as well. */
  async begin(folder: Inside): Promise<void> {
    if (this.#reading.names.length === 0) return;
    const { roots } = this.#reading.jail;
    const root = roots.find(
      ({ real }) => folder.real === real || folder.real.startsWith(`${real === '/' ? '' : real}/`),
    );
    if (root === undefined) return;
    const names = folder.real
      .slice(root.real.length)
      .split('/')
      .filter((name) => name !== '');
    let at: Inside = root;
    await this.#add(at, []);
    for (const name of names) {
      const above = at;
      const below = this.#reading.jail.child(at, name);
      if (below === undefined) return;
      at = below;
      await this.enter(at, above);
    }
  }

  enter(folder: Inside, above: Inside): Promise<void> {
    return this.#add(folder, this.#chains.get(above.real) ?? []);
  }

  isIgnored(entry: Inside & { readonly isFolder: boolean }, folder: Inside): boolean {
    return isIgnored(entry, this.#chains.get(folder.real) ?? []);
  }

  async #add(folder: Inside, around: readonly IgnoreRules[]): Promise<void> {
    const own: IgnoreRules[] = [];
    for (const name of this.#reading.names) {
      const text = await this.#read(folder, name);
      if (text !== undefined) own.push(ignoreRules(text, folder.shown));
    }
    this.#chains.set(folder.real, own.length === 0 ? around : [...around, ...own]);
  }

  /** One that is not there, no file, denied, or that leads out, says nothing. */
  async #read(folder: Inside, name: string): Promise<string | undefined> {
    const { jail, signal } = this.#reading;
    const inside = jail.child(folder, name);
    if (inside === undefined) return undefined;
    try {
      const { handle } = await openFile(jail, { path: inside.real, signal });
      try {
        const bytes = Buffer.alloc(MAX_BYTES);
        const { bytesRead } = await handle.read(bytes, 0, MAX_BYTES, 0);
        return bytes.toString('utf8', 0, bytesRead);
      } finally {
        await handle.close();
      }
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}
