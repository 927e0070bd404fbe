import { lstatSync, readlinkSync } from 'node:fs';

export interface SandboxOptions {
  /** Folders that may be changed inside, without links. */
  readonly writable: readonly string[];
  /** Files and folders that may be read inside, beside the system's programs. */
  readonly readable: readonly string[];
  readonly network: 'none' | 'host';
  /** Where the program begins. */
  readonly folder: string;
}

/**
 * What bubblewrap is told: the system's programs to be read, the given folders, a small /tmp, and nothing else; no process but its own, no
 * capability, and mostly no network.
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
    // Root inside is root to /proc/sys, where the kernel is told what to run: bubblewrap leaves that open.
    ...['--proc', '/proc', '--remount-ro', '/proc'],
    ...['--dev', '/dev', '--size', String(MAX_TMP_BYTES), '--tmpfs', '/dev/shm'],
    ...['--remount-ro', '/dev', '--size', String(MAX_TMP_BYTES), '--tmpfs', '/tmp'],
    ...bindFolders({ writable, readable }),
    // What is mounted stays as it is: this is for the places in between.
    ...['--remount-ro', '/', '--chdir', folder, '--'],
  ];
}

/** Memory of its own, which no limit of a process counts. */
const MAX_TMP_BYTES = 256 * 2 ** 20;

/** What programs look up, and nobody's secret. */
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

/** On most systems all but /usr are links into it. */
function bindSystemFolders(): readonly string[] {
  return SYSTEM_FOLDERS.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
  });
}

/** Those above first: what is bound later lies on top. */
function bindFolders({ writable, readable }: Pick<SandboxOptions, 'writable' | 'readable'>): readonly string[] {
  return [
    ...readable
      .filter((path) => !SYSTEM_FOLDERS.some((each) => path === each || path.startsWith(`${each}/`)))
      .map((path) => ({ path, how: '--ro-bind-try' })),
    ...writable.map((path) => ({ path, how: '--bind' })),
  ]
    .sort((one, other) => one.path.length - other.path.length)
    .flatMap(({ path, how }) => [how, path, path]);
}
