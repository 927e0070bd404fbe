import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { type CommandPattern, CommandRules } from './command-rules.ts';

const ALLOW: readonly CommandPattern[] = [
  ['git', 'status'],
  ['git', 'log', '--oneline', '-n', /\d{1,3}/],
  ['cat', '--', { rest: /[\w./]+/ }],
  ['npm', 'run', /test|lint/g],
  ['echo', /^a$|^b$/m],
];
const rule = new CommandRules(ALLOW, { tool: 'run_command', option: 'allow' });

test.each([
  [['git', 'status'], true],
  [['git', 'log', '--oneline', '-n', '5'], true],
  [['cat', '--'], true],
  [['cat', '--', 'a.txt', 'b/c.txt'], true],
  [['npm', 'run', 'test'], true],
  [['npm', 'run', 'lint'], true],
  [['echo', 'a'], true],
  // Prefixes and joined arguments do not match.
  [['git'], false],
  [['git status'], false],
  [['git', 'status', '-v'], false],
  [['git', 'status;', 'rm', '-rf', '/'], false],
  [['git', 'status; rm -rf /'], false],
  [['git', '-c', 'core.fsmonitor=evil', 'status'], false],
  [['./git', 'status'], false],
  [['/tmp/git', 'status'], false],
  [['GIT', 'status'], false],
  [['git', 'log', '--oneline', '-n', '5', '--output=/etc/passwd'], false],
  [['git', 'log', '--oneline', '-n', '5\n--output=x'], false],
  [['git', 'log', '--oneline', '-n', '-5'], false],
  [['git', 'log', '--oneline', '-n', '5 '], false],
  [['git', 'log', '--oneline', '-n', '٥'], false],
  [['cat', 'a.txt'], false],
  [['cat', '--', '--help'], false],
  [['cat', '--', 'a.txt', '-A'], false],
  [['cat', '--', 'a.txt', 'b c'], false],
  [['cat', '--', 'a.txt', ''], false],
  [['cat', '--', 'a.txt\n'], false],
  [['npm', 'run', 'test:evil'], false],
  [['npm', 'run', 'evil-test'], false],
  [['npm', 'run', 'test', '--', '--x'], false],
  [['echo', 'a\nb'], false],
  [['echo', 'x\na'], false],
  [[], false],
])('matches %j: %j', (argv, isAllowed) => {
  expect(rule.matches(argv)).toBe(isAllowed);
  // A pattern with state would not match the second time.
  expect(rule.matches(argv)).toBe(isAllowed);
});

test('never matches an argument that starts with -', () => {
  const any = new CommandRules([['ls', { rest: /.*|-l/s }]], { tool: 'run_command', option: 'allow' });
  expect([any.matches(['ls', 'a', '']), any.matches(['ls', '-l']), any.matches(['ls', 'a', '--all'])]).toEqual([
    true,
    false,
    false,
  ]);
});

test.each([
  ['git status', 'is not a list'],
  [['git status'], 'which is not a command'],
  [[[]], 'which is not a command'],
  [[['']], 'which is not a command'],
  [[[/git/, 'status']], 'which is not a command'],
  [[['git', 5]], 'has an invalid argument'],
  [[['git', { rest: 'x' }]], 'has an invalid argument'],
  [[['git', { rest: /x/ }, 'log']], 'has an invalid argument'],
])('refuses the patterns %j with a ConfigError', (patterns, message) => {
  const make = () =>
    new CommandRules(patterns as unknown as readonly CommandPattern[], { tool: 'run_command', option: 'allow' }); // What JavaScript may pass.
  expect(make).toThrow(ConfigError);
  expect(make).toThrow(message);
});
