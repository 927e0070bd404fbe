/** Something that is inside the jail, and not denied. */
export interface AllowedPath {
  /** As the file system has it, without links. */
  readonly real: string;
  /** As the model sees it, with slashes: relative to its root, behind the root's name where there are several. */
  readonly displayPath: string;
}

/** What may be walked through. */
export interface AllowedFolders {
  readonly roots: readonly AllowedPath[];
  /** An entry of a folder in it; `undefined` where it is denied. */
  findChild(folder: AllowedPath, name: string): AllowedPath | undefined;
}

/** What a walk passes over, with all below it. */
export interface IgnoreFilter {
  /** A walk begins here. */
  begin(folder: AllowedPath): Promise<void>;
  /** A folder in another one will be walked into. */
  enter(folder: AllowedPath, above: AllowedPath): Promise<void>;
  isIgnored(entry: AllowedPath & { readonly isFolder: boolean }, folder: AllowedPath): boolean;
}
