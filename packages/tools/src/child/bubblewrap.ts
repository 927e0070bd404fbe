import { lstatSync, readlinkSync } from 'node:fs';

export interface SandboxOptions {
  /** Folders that the program may change. The paths contain no links. */
  readonly writable: readonly string[];
  /** Files and folders that the program may read, besides the system's programs. */
  readonly readable: readonly string[];
  readonly network: 'none' | 'host';
  /** The program's working folder. */
  readonly folder: string;
}

/**
 * Builds bubblewrap's arguments. The sandbox contains the system's programs (read only), the given folders and a small /tmp. It has
 * process ids of its own, no capabilities, and no network unless `network` is `host`.
 */
export function buildBubblewrapArguments({ writable, readable, network, folder }: SandboxOptions): readonly string[] {
  return [
    ...['--unshare-all', ...(network === 'host' ? ['--share-net'] : [])],
    ...['--die-with-parent', '--cap-drop', 'ALL', '--hostname', 'sandbox'],
    ...bindSystemFolders(),
    ...[...CONFIG_FILES, ...(network === 'host' ? NETWORK_CONFIG_FILES : [])].flatMap((path) => [
      '--ro-bind-try',
      path,
      path,
    ]),
    // bubblewrap leaves /proc writable. Root inside could set kernel options in /proc/sys that run programs outside, so /proc is read-only.
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    ...['--dev', '/dev', '--size', String(MAX_TMP_BYTES), '--tmpfs', '/dev/shm'],
    ...['--remount-ro', '/dev', '--size', String(MAX_TMP_BYTES), '--tmpfs', '/tmp'],
    ...bindFolders({ writable, readable }),
    // Makes the folders between the mounts read-only; the mounts keep their modes.
    ...['--remount-ro', '/', '--chdir', folder, '--'],
  ];
}

/** A tmpfs is in memory, and no limit of a process counts it. */
const MAX_TMP_BYTES = 256 * 2 ** 20;

/** Files that programs look up, and that contain no secrets. */
const CONFIG_FILES: readonly string[] = [
  '/etc/alternatives',
  '/etc/group',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

const NETWORK_CONFIG_FILES: readonly string[] = ['/etc/hosts', '/etc/resolv.conf', '/etc/protocols', '/etc/services'];

const SYSTEM_FOLDERS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/** Binds the system's folders. On most systems all except /usr are links into it. */
function bindSystemFolders(): readonly string[] {
  return SYSTEM_FOLDERS.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
}

/** Binds parents before children: a later mount covers an earlier one. */
function bindFolders({ writable, readable }: Pick<SandboxOptions, 'writable' | 'readable'>): readonly string[] {
  return [
    ...readable
      .filter((path) => !SYSTEM_FOLDERS.some((each) => path === each || path.startsWith(`${each}/`)))
      .map((path) => ({ path, option: '--ro-bind-try' })),
    ...writable.map((path) => ({ path, option: '--bind' })),
  ]
    .sort((one, other) => one.path.length - other.path.length)
    .flatMap(({ path, option }) => [option, path, path]);
}
