import { compileGlobs } from './glob.ts';

/** What mostly holds secrets. A name is denied wherever it stands in a path, with all that is below it. */
export const DEFAULT_DENY_LIST: readonly string[] = [
  '.env*',
  '*.env',
  '.git',
  '.git-credentials',
  '.hg',
  '.svn',
  '.ssh',
  '.gnupg',
  '.aws',
  '.azure',
  '.gcloud',
  '.kube',
  '.docker',
  '.dockercfg',
  '.npmrc',
  '.yarnrc*',
  '.pypirc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.my.cnf',
  '.htpasswd',
  '.s3cfg',
  '.boto',
  '.vault-token',
  '.terraform',
  '*.tfstate*',
  '.*_history',
  'credentials',
  'credentials.{json,toml,yml,yaml}',
  'secrets.{json,toml,yml,yaml}',
  'service-account*.json',
  'id_{rsa,dsa,ecdsa,ed25519}*',
  '*.{pem,key,ppk,p12,pfx,jks,keystore,kdbx}',
];

export interface DenyList {
  /** Whether a path below a root is denied, or anything that it is in. */
  isPathDenied(below: string): boolean;
  /** The same of something that is in a folder that is not denied. */
  isEntryDenied(below: string): boolean;
}

/** Denies by name, whatever its case and however its letters are composed. */
export function createDenyList(patterns: readonly string[]): DenyList {
  const matches = compileGlobs(patterns.map(foldCase));
  return {
    isEntryDenied: (below) => listForms(below).some(matches),
    isPathDenied: (below) => listForms(below).some((form) => listPrefixes(form).some(matches)),
  };
}

/** The ways in which a file system may take a path. */
function listForms(below: string): readonly string[] {
  const path = foldCase(below.replaceAll('\\', '/'));
  const other = path.split('/').map(normalizeName).join('/');
  return path === other ? [path] : [path, other];
}

function listPrefixes(path: string): readonly string[] {
  return [...path.matchAll(/\/|$/g)].map(({ index }) => path.slice(0, index));
}

function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Some file systems take `.env.`, `.env `, `.e\u200Bnv` and `.env::$DATA` for `.env`. */
function normalizeName(name: string): string {
  return name
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/(?<=.):.*$/s, '')
    .replace(/(?<=[^. ])[. ]+$/, '');
}
