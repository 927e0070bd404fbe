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

test('reports a file that cannot grow, keeps the finished steps, and resumes when there is space', async () => {
  const undisturbed = await createHeavyAgent().run('Go.').outcome();
  const file = createFile();
  const journal = `${file}.journal`;
  // The limit is in kibibytes. Without the trap, the system would end the process.
  const script = `trap '' XFSZ; ulimit -f 400; exec "$0" "$@"`;
  const { stdout } = spawnSync('bash', ['-c', script, process.execPath, RESTRICTED_PROCESS, file, journal], {
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^host\.(io|full): The file ".*runs\.db" cannot be used: .* then resume the run\.$/);
  const host = openSqlite(file);
  const { events, status } = await host.getRun('run');
  expect(status).toBe('interrupted');
  const kept = events.filter(({ event }) => event.type === 'tool.finished').length;
  expect(kept).toBeGreaterThan(2);
  const before = readLines(journal);
  expect(before.length - kept).toBeLessThanOrEqual(1);
  const again: string[] = [];
  const outcome = await createHeavyAgent((call) => again.push(call))
    .resume('run', { host })
    .outcome();
  expect(outcome.status).toBe('completed');
  // The call whose result could not be stored was begun, so it must not begin again.
  expect(again.filter((call) => before.includes(call))).toEqual([]);
  const known = (messages: typeof outcome.messages): readonly unknown[] =>
    messages.map((message, index) => (index === 2 + 2 * kept && before.length > kept ? 'unknown outcome' : message));
  expect(known(outcome.messages)).toEqual(known(undisturbed.messages));
});

test.each([
  ['file', 0o777, 0o444],
  ['file in a read-only folder', 0o555, 0o444],
])('reports a read-only %s, and leaves it unchanged', async (_, folderMode, fileMode) => {
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

test('accepts exactly one of 20 answers that four processes give to one call at once', async () => {
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
  const results = (
    await runTogether<readonly string[]>(
      path,
      ['a', 'b', 'c', 'd'].map((name) => [...call, name]),
    )
  ).flat();
  const accepted = results.filter((each) => !each.startsWith('approval.'));
  expect(accepted).toHaveLength(1);
  expect(results.filter((each) => each === 'approval.used')).toHaveLength(19);
  const { messages } = await agent.resume('run', { host }).outcome();
  expect(JSON.stringify(messages)).toContain(accepted[0]);
});

test('after a kill during four parallel calls, only calls without a result run again or have an unknown outcome', () => {
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
