import { expect, test } from 'vitest';
import { createDenyList, DEFAULT_DENY_LIST } from './deny-list.ts';

test.each([
  '.env',
  '.env.production',
  '.envrc',
  'packages/app/.env',
  '.git/config',
  '.ssh/known_hosts',
  'home/.aws/credentials',
  '.npmrc',
  '.netrc',
  '.bash_history',
  'id_rsa',
  'keys/id_ed25519.pub',
  'server.pem',
  'server.key',
  'terraform.tfstate.backup',
  'service-account-prod.json',
])('denies %s by default', (path) => {
  expect(createDenyList(DEFAULT_DENY_LIST).isPathDenied(path)).toEqual(true);
});

test.each([
  ['another case', '.ENV'],
  ['wide letters', '.ｅｎｖ'],
  ['a long s', '.\u017fsh/id'],
  ['a Kelvin sign', 'server.\u212aey'],
  ['a one dot leader', '\u2024env'],
  ['a zero width space', '.g\u200bit/config'],
  ['a zero width joiner', '.e\u200dnv'],
  ['a right-to-left mark', '.\u200fenv'],
  ['a dot at the end', '.env.'],
  ['a space at the end', '.npmrc '],
  ['dots and spaces at the end', '.git. . ./config'],
  ['a stream of NTFS', '.npmrc::$DATA'],
  ['another separator', 'a\\.git\\config'],
])('denies a listed name with %s', (_, path) => {
  expect(createDenyList(DEFAULT_DENY_LIST).isPathDenied(path)).toEqual(true);
});

test.each([
  'env',
  'environment.ts',
  '.gitignore',
  '.github/workflows/ci.yml',
  'src/credentials.ts',
  'keyboard.ts',
  '.',
  '',
])('does not deny %j', (path) => {
  expect(createDenyList(DEFAULT_DENY_LIST).isPathDenied(path)).toEqual(false);
});

test('accepts a list of names and paths', () => {
  const { isPathDenied: path } = createDenyList(['*.secret', 'config/prod/**', 'build/out']);
  const asked = ['a/b.SECRET', 'config/prod/a', 'config/dev/a', 'build/out/deep/a', 'x/build/out'];
  expect(asked.map((each) => path(each))).toEqual([true, true, false, true, false]);
});
