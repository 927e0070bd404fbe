import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Agent, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createHeavyAgent } from './heavy-agent.ts';
import { createFile, openSqlite } from './hosts.ts';
import { runTogether } from './run-together.ts';

const RESTRICTED_PROCESS = join(import.meta.dirname, 'restricted-process.ts');

function readLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

test('a file that can grow no more is told, keeps what was finished, and goes on when there is room', async () => {
  const undisturbed = await createHeavyAgent().run('Go.').outcome();
  const file = createFile();
  const journal = `${file}.journal`;
  // The limit counts kibibytes; without the trap the system would end the process.
  const script = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, RESTRICTED_PROCESS, file, journal], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^host\.(io|full): The file ".*runs\.db" cannot be used: .* then resume the run\.$/);
  const host = openSqlite(file);
  const { events: facts, status } = await host.getRun('run');
  expect(status).toBe('interrupted');
  const kept = facts.filter(({ event: fact }) => fact.type === 'tool.finished').length;
  expect(kept).toBeGreaterThan(2);
  const before = readLines(journal);
  expect(before.length - kept).toBeLessThanOrEqual(1);
  const again: string[] = [];
  const outcome = await createHeavyAgent((call) => again.push(call))
    .resume('run', { host })
    .outcome();
  expect(outcome.status).toBe('completed');
  // The call whose result could not be kept was begun: nobody may begin it again.
  expect(again.filter((call) => before.includes(call))).toEqual([]);
  const known = (messages: typeof outcome.messages): readonly unknown[] =>
    messages.map((message, index) => (index === 2 + 2 * kept && before.length > kept ? 'in doubt' : message));
  expect(known(outcome.messages)).toEqual(known(undisturbed.messages));
});

test.each([
  ['a file', 0o777, 0o444],
  ['a file in a folder', 0o555, 0o444],
])('%s that may only be read is told, and stays as it is', async (_, folderMode, fileMode) => {
  const file = createFile();
  const host = openSqlite(file);
  const kept = await createHeavyAgent().run('Go.', { host, runId: 'kept' }).outcome();
  await host.close();
  chmodSync(file, fileMode);
  chmodSync(dirname(file), folderMode);
  const { stdout } = runRestricted(file);
  chmodSync(dirname(file), 0o755);
  chmodSync(file, 0o644);
  expect(stdout).toMatch(/^host\.(read_only|unreachable): The file ".*runs\.db" cannot be used: .*\. (Let|Check) /);
  expect(
    await createHeavyAgent()
      .resume('kept', { host: openSqlite(file) })
      .outcome(),
  ).toEqual(kept);
});

function runRestricted(file: string): SpawnSyncReturns<string> {
  const env = { ...process.env, AS_NOBODY: '1' };
  return spawnSync(process.execPath, [RESTRICTED_PROCESS, file, `${file}.journal`], { encoding: 'utf8', env });
}

test('of 20 people who answer one call at once, from four processes, exactly one is heard', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('pay', {}),
  );
  const agent = new Agent({ model, tools: [pay] });
  const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  const path = join(import.meta.dirname, 'answerer.ts');
  const call = [file, pending?.id ?? '', pending?.fingerprint ?? ''];
  const got = (
    await runTogether<readonly string[]>(
      path,
      ['a', 'b', 'c', 'd'].map((name) => [...call, name]),
    )
  ).flat();
  const heard = got.filter((each) => !each.startsWith('approval.'));
  expect(heard).toHaveLength(1);
  expect(got.filter((each) => each === 'approval.used')).toHaveLength(19);
  const { messages } = await agent.resume('run', { host }).outcome();
  expect(JSON.stringify(messages)).toContain(heard[0]);
});

test('of four calls side by side, killed with two done, only the other two run again, or are in doubt', () => {
  const file = createFile();
  const journal = `${file}.journal`;
  const path = join(import.meta.dirname, 'batch.ts');
  const runBatch = (): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [path, file, journal], { encoding: 'utf8' });
  expect(runBatch().signal).toBe('SIGKILL');
  const before = readLines(journal);
  expect([...before].sort()).toEqual(
    ['quick', 'slow', 'swift', 'slowly'].map((name, index) => `run/tool:1.${index}:${name}`).sort(),
  );
  const { stdout } = runBatch();
  expect(readLines(journal).slice(before.length)).toEqual(['run/tool:1.1:slow']);
  expect(JSON.parse(stdout)).toEqual([
    'quick done',
    'slow done',
    'swift done',
    expect.stringContaining('The outcome of this call is unknown'),
  ]);
});
