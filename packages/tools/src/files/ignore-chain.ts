import type { AllowedPath, IgnoreFilter } from './allowed-folders.ts';
import { type IgnoreRules, isIgnored, parseIgnoreRules } from './ignore-rules.ts';
import type { Jail } from './jail.ts';
import { openFile } from './open-file.ts';

/** Only so much of an ignore file is read: there may be one in each folder. */
const MAX_BYTES = 65_536;

interface IgnoreChainOptions {
  readonly jail: Jail;
  readonly names: readonly string[];
  readonly signal: AbortSignal;
}

/** Collects ignore rules folder by folder: each folder adds its rules to those of its parents. */
export class IgnoreChain implements IgnoreFilter {
  readonly #options: IgnoreChainOptions;
  readonly #chains = new Map<string, readonly IgnoreRules[]>();

  constructor(options: IgnoreChainOptions) {
    this.#options = options;
  }

  /** Reads the rules of a folder and of its parents: a walk may start anywhere below a root. */
  async begin(folder: AllowedPath): Promise<void> {
    if (this.#options.names.length === 0) return;
    const { roots } = this.#options.jail;
    const root = roots.find(
      ({ real }) => folder.real === real || folder.real.startsWith(`${real === '/' ? '' : real}/`),
    );
    if (root === undefined) return;
    const names = folder.real
      .slice(root.real.length)
      .split('/')
      .filter((name) => name !== '');
    let at: AllowedPath = root;
    await this.#add(at, []);
    for (const name of names) {
      const above = at;
      const below = this.#options.jail.findChild(at, name);
      if (below === undefined) return;
      at = below;
      await this.enter(at, above);
    }
  }

  enter(folder: AllowedPath, above: AllowedPath): Promise<void> {
    return this.#add(folder, this.#chains.get(above.real) ?? []);
  }

  isIgnored(entry: AllowedPath & { readonly isFolder: boolean }, folder: AllowedPath): boolean {
    return isIgnored(entry, this.#chains.get(folder.real) ?? []);
  }

  async #add(folder: AllowedPath, inherited: readonly IgnoreRules[]): Promise<void> {
    const own: IgnoreRules[] = [];
    for (const name of this.#options.names) {
      const text = await this.#read(folder, name);
      if (text !== undefined) own.push(parseIgnoreRules(text, folder.displayPath));
    }
    this.#chains.set(folder.real, own.length === 0 ? inherited : [...inherited, ...own]);
  }

  /** `undefined` if the file does not exist, is not a file, is denied, or is a link that leads out. */
  async #read(folder: AllowedPath, name: string): Promise<string | undefined> {
    const { jail, signal } = this.#options;
    const inside = jail.findChild(folder, name);
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
