import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { COMMANDS, findCommand } from '../../packages/cli/src/command-table.ts';
import { EXIT_CODES } from '../../packages/cli/src/exit-code.ts';
import { loadCommand } from '../../packages/cli/src/load-command.ts';
import { buildCliTables } from '../../scripts/cli.ts';
import { PLACES } from './place.ts';
import { DEMO, runCommand } from './run-command.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../packages/cli/output.schema.json'), 'utf8'));

/** What a line is by the schema. */
const validators = Object.keys(schema.definitions)
  .filter((name) => name !== 'outcomeFields')
  .map(
    (name) =>
      [name, new Ajv({ strict: false }).compile({ ...schema, oneOf: [{ $ref: `#/definitions/${name}` }] })] as const,
  );

function classify(line: unknown): readonly string[] {
  return validators.flatMap(([name, isValid]) => (isValid(line) ? [name] : []));
}

test.each(PLACES)('writes JSON that the schema describes for runs of %s', async (_, openPlace) => {
  const { agent, begin, read } = await openPlace();
  const check = async (kinds: readonly string[], ...argv: readonly string[]) => {
    const lines = await read(...argv);
    for (const line of lines) expect(classify(line), JSON.stringify(line)).toHaveLength(1);
    expect([...new Set(lines.flatMap(classify))], argv.join(' ')).toEqual(kinds);
    return lines;
  };
  const [{ runId }] = await check(['event'], 'run', agent, 'refund');
  await check(['run'], 'runs');
  const [run] = await check(['run'], 'runs', 'show', runId);
  await check(['event'], 'runs', 'show', runId, '--journal');
  await check(['message'], 'runs', 'show', runId, '--messages');
  await check(['event'], 'runs', 'watch', runId);
  await check(['answer'], 'approve', runId, '--fingerprint', run.outcome.pending[0].fingerprint, '--yes');
  await check(['event'], 'runs', 'resume', runId, agent);
  await check(['event'], 'runs', 'fork', runId, agent, '--before', 'model:1');
  await check(['cancelled'], 'runs', 'cancel', runId);
  await check(['deleted'], 'runs', 'delete', '--id', runId);
  await check(['error'], 'deny', 'unknown');
  const outcome = begin('run', agent, 'loop', '--limit', 'turns=2', '--output', 'json');
  await outcome.ended;
  expect(classify(JSON.parse(outcome.stdout.text))).toEqual(['outcome']);
  const exported = begin('runs', 'export', JSON.parse(outcome.stdout.text).runId);
  await exported.ended;
  expect([
    ...new Set(
      exported.stdout.text
        .trimEnd()
        .split('\n')
        .flatMap((line) => classify(JSON.parse(line))),
    ),
  ]).toEqual(['run', 'event']);
});

test.each([
  [['tools', DEMO], 'tool'],
  [['tools', DEMO, 'get_weather', '--input', '{"city":"Rome"}'], 'toolResult'],
  [['doctor', DEMO], 'check'],
  [['doctor', 'missing.ts'], 'check'],
  [['tools', 'missing.ts'], 'error'],
])('writes JSON that the schema describes: %j', async (argv, kind) => {
  const { stdout } = await runCommand([...argv, '--json']);
  for (const line of stdout.trimEnd().split('\n')) expect(classify(JSON.parse(line)), line).toEqual([kind]);
});

test('has code for every command of the table', async () => {
  for (const { name } of COMMANDS) expect(await loadCommand(name)).toEqual(expect.any(Function));
});

test('finds "runs list" where the word is left out', () => {
  expect(findCommand(['runs', '--json'])).toMatchObject({ command: { name: 'runs list' }, rest: ['--json'] });
  expect(findCommand(['runs', 'lst'])).toBeUndefined();
});

test('shows the help of every command', async () => {
  const texts = [await runCommand(['--help'])];
  for (const { name } of COMMANDS) texts.push(await runCommand([...name.split(' '), '--help']));
  expect(texts.map(({ code }) => code)).toEqual(texts.map(() => 0));
  await expect(texts.map(({ stdout }) => stdout).join('\n')).toMatchFileSnapshot('help.txt');
});

test('has one exit code for each reason, and prints them', async () => {
  const codes = Object.values(EXIT_CODES).map(([code]) => code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(await runCommand(['help', 'exit-codes'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ {3}0 {2}completed/),
  });
});

test('the tables of the guide are those of the code', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/guide/cli.md'), 'utf8');
  expect(page).toBe(buildCliTables(page));
});

test.each(['bash', 'zsh', 'fish'])('prints a completion of %s with every command and option', async (shell) => {
  const { code, stdout } = await runCommand(['completion', shell]);
  expect(code).toBe(0);
  for (const { name, options } of COMMANDS) {
    for (const word of name.split(' ')) expect(stdout).toContain(word);
    for (const option of Object.keys(options)) expect(stdout).toContain(option);
  }
});

test.each([
  [['frobnicate'], 'There is no command "frobnicate". See: pawl --help'],
  [['runs', 'lst'], 'There is no command "runs lst". There are: runs list, runs show'],
  [['help', 'frobnicate'], 'There is no command "frobnicate"'],
  [['completion', 'powershell'], 'There is: bash, zsh, fish.'],
  [['runs', '--jsn'], 'pawl runs list has no option "--jsn"'],
])('refuses %j', async (argv, message) => {
  expect(await runCommand(argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});

test('prints its version, and the help without arguments', async () => {
  expect((await runCommand(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await runCommand([])).toMatchObject({ code: 0, stdout: expect.stringContaining('pawl COMMAND --help') });
});
