/** Something that is inside the jail, and not denied. */
export interface Inside {
  /** As the file system has it, without links. */
  readonly real: string;
  /** As the model sees it, with slashes: relative to its root, behind the root's name where there are several. */
  readonly shown: string;
}

/** What may be walked through. */
export interface Territory {
  readonly roots: readonly Inside[];
  /** An entry of a folder in it; `undefined` where it is denied. */
  child(folder: Inside, name: string): Inside | undefined;
}

/** What a walk passes over, with all below it. */
export interface Ignoring {
  /** A walk begins here. */
  begin(folder: Inside): Promise<void>;
  /** A folder in another one will be walked into. */
  enter(folder: Inside, above: Inside): Promise<void>;
  isIgnored(entry: Inside & { readonly isFolder: boolean }, folder: Inside): boolean;
}
