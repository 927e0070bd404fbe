/** Names that are denied wherever they stand in a path: what mostly holds secrets. In lower case; `*` stands for anything. */
export const DENIED: readonly string[] = [
  '.env',
  '.env.*',
  '.git',
  '.ssh',
  '.aws',
  '.gnupg',
  '.npmrc',
  '.pypirc',
  '.netrc',
  '.docker',
  '.kube',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.keystore',
  'credentials',
  '.htpasswd',
];

/** Says whether a path has a denied name anywhere in it, whatever its case and however its letters are composed. */
export function denier(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const source = pattern.toLowerCase().split('*').map(escaped).join('.*');
    return new RegExp(`^${source}$`, 's');
  });
  return (path) =>
    path.split(/[/\\]/).some((name) => {
      // Some file systems take `.env.`, `.env ` and `.ENV` for `.env`.
      const plain = name
        .normalize('NFKC')
        .toLowerCase()
        .replace(/[. ]+$/, '');
      return [name.toLowerCase(), plain].some((each) => expressions.some((expression) => expression.test(each)));
    });
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
