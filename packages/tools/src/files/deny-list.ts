import { compileGlobs } from './glob.ts';

/** Names that usually contain secrets. A name is denied anywhere in a path, with everything below it. */
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
  /** Whether a path below a root, or one of its parent folders, is denied. */
  isPathDenied(below: string): boolean;
  /** Whether an entry of a folder that is not denied is denied. */
  isEntryDenied(below: string): boolean;
}

/** Creates a list that ignores case and Unicode composition. */
export function createDenyList(patterns: readonly string[]): DenyList {
  const matches = compileGlobs(patterns.map(foldCase));
  return {
    isEntryDenied: (below) => listForms(below).some(matches),
    isPathDenied: (below) => listForms(below).some((form) => listPrefixes(form).some(matches)),
  };
}

/** Lists the forms in which a file system may read a path. */
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

/** Some file systems read `.env.`, `.env `, `.e\u200Bnv` and `.env::$DATA` as `.env`. */
function normalizeName(name: string): string {
  return name
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/(?<=.):.*$/s, '')
    .replace(/(?<=[^. ])[. ]+$/, '');
}
