/** A path that is inside the jail and not denied. */
export interface AllowedPath {
  /** Absolute path without links. */
  readonly real: string;
  /** The path that the model sees, with slashes: relative to its root, after the root's name if there are several. */
  readonly displayPath: string;
}

/** The folders that a walk may enter. */
export interface AllowedFolders {
  readonly roots: readonly AllowedPath[];
  /** Returns an entry of a folder; `undefined` if it is denied. */
  findChild(folder: AllowedPath, name: string): AllowedPath | undefined;
}

/** Decides what a walk skips, with everything below. */
export interface IgnoreFilter {
  /** Called with each folder that a walk starts at. */
  begin(folder: AllowedPath): Promise<void>;
  /** Called before a walk enters a folder. */
  enter(folder: AllowedPath, above: AllowedPath): Promise<void>;
  isIgnored(entry: AllowedPath & { readonly isFolder: boolean }, folder: AllowedPath): boolean;
}
