import { describe, expect, test } from 'vitest';
import { type JsonLine, openFile, openServer, PLACES, type Place } from './place.ts';
import { createFolder, DEMO, runCommand } from './run-command.ts';

/** The first call that a run waits for. */
async function findCall({ read }: Place, runId: string): Promise<JsonLine> {
  const [run] = await read('runs', 'show', runId);
  return run.outcome.pending[0];
}

describe.each(PLACES)('a call of a run of %s', (name, openPlace) => {
  test('is approved by its fingerprint without a question, and the run continues', async () => {
    const place = await openPlace();
    const id = await place.start('refund');
    const { fingerprint } = await findCall(place, id);
    const asked = await place.call('approve', id);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain(`? refund needs approval. It has not run.
  call:       approval:1.0
  preview:    Refund order 7
`);
    expect(asked.stderr).toContain('arguments:  {"order":7}');
    expect(asked.stderr).toContain('pawl approve ID approval:1.0 --fingerprint F --yes');
    expect(await place.call('approve', id, '--fingerprint', fingerprint, '--yes')).toMatchObject({
      code: 0,
      stdout: 'Approved: approval:1.0 of run ID.\n',
      stderr: expect.stringContaining(
        name === 'a file' ? 'pawl runs resume ID AGENT' : 'The server continues the run.',
      ),
    });
    expect(await place.call('runs', 'resume', id, place.agent)).toMatchObject({
      code: 0,
      stdout: 'Result: Order 7 is refunded.\n',
    });
  });

  test('is approved and continued at once with --resume', async () => {
    const place = await openPlace();
    const id = await place.start('refund');
    const { fingerprint } = await findCall(place, id);
    const argv = ['approve', id, 'approval:1.0', '--fingerprint', fingerprint, '--yes', '--resume', place.agent];
    const { code, stdout } = await place.begin(...argv).ended;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Approved: approval:1.0 of run ID.\nResult: Order 7 is refunded.\n',
    });
  });

  test('is approved with later ones by --always, as its tool offers', async () => {
    const place = await openPlace();
    const id = await place.start('refund');
    const { fingerprint, standingApproval } = await findCall(place, id);
    expect(standingApproval).toEqual({ below: 100 });
    expect(await place.call('approve', id, '--always', '--fingerprint', fingerprint, '--yes')).toMatchObject({
      code: 0,
      stdout: 'Approved with later calls: approval:1.0 of run ID.\n',
    });
    expect(await place.call('runs', 'resume', id, place.agent)).toMatchObject({
      code: 0,
      stdout: 'Result: Order 7 is refunded.\n',
    });
    const journal = await place.read('runs', 'show', id, '--journal');
    expect(journal.find(({ type }) => type === 'approval.answered')).toMatchObject({ answer: { always: true } });
  });

  test('is denied with a reason that the model reads', async () => {
    const place = await openPlace();
    const id = await place.start('refund');
    const { fingerprint } = await findCall(place, id);
    const denied = await place.call('deny', id, '--reason', 'Too much.', '--fingerprint', fingerprint, '--yes');
    expect(denied).toMatchObject({ code: 0, stdout: 'Denied: approval:1.0 of run ID.\n' });
    expect(await place.call('runs', 'resume', id, place.agent)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Too much.'),
    });
  });

  test('gets its result from outside', async () => {
    const place = await openPlace();
    const id = await place.start('lookup');
    const { fingerprint } = await findCall(place, id);
    const rest = ['--fingerprint', fingerprint, '--yes'];
    expect(await place.call('answer', id, 'approval:1.0', '--value', '{bad', ...rest)).toMatchObject({ code: 2 });
    expect(await place.call('answer', id, 'approval:1.0', '--value', '{"age":36}', ...rest)).toMatchObject({ code: 0 });
    expect(await place.call('runs', 'resume', id, place.agent)).toMatchObject({ stdout: 'Result: {"age":36}\n' });
  });

  test('K14: a second answer, another fingerprint and an unknown call are refused', async () => {
    const place = await openPlace();
    const id = await place.start('refund twice');
    const { id: call, fingerprint } = await findCall(place, id);
    const approve = (...argv: readonly string[]) => place.call('approve', id, ...argv, '--yes');
    expect(await approve('--fingerprint', fingerprint)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('waits for 2 calls'),
    });
    expect(await approve(call, '--fingerprint', 'other')).toMatchObject({ code: 1, stdout: '' });
    expect(await approve('approval:9.9', '--fingerprint', fingerprint)).toMatchObject({ code: 1, stdout: '' });
    expect(await approve(call, '--fingerprint', fingerprint)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 call of the run still waiting'),
    });
    expect(await approve(call, '--fingerprint', fingerprint)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/answer/),
    });
  });
});

test('is refused with --yes without what was seen', async () => {
  const { call, start } = await openFile();
  const id = await start('refund');
  expect(await call('approve', id, '--yes')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes needs --fingerprint'),
  });
});

describe('--approve', () => {
  test('approves the calls of the named tools, in one command', async () => {
    const { code, stdout, stderr } = await runCommand(['run', DEMO, 'refund twice', '--approve', 'refund']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Result: Order 8 is refunded.\n' });
    expect(stderr).toContain('? refund: approve\n');
    expect(stderr.match(/✓ refund/g)).toHaveLength(2);
  });

  test('leaves the calls of other tools waiting', async () => {
    expect(await runCommand(['run', DEMO, 'refund', '--approve', 'other'])).toMatchObject({ code: 15 });
  });

  test('gives no result in place of a person', async () => {
    expect(await runCommand(['run', DEMO, 'lookup', '--approve', 'lookup'])).toMatchObject({ code: 15 });
  });

  test('denies all calls, and approves by an agent on a server', async () => {
    expect(await runCommand(['run', DEMO, 'refund', '--approve', 'deny'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('denied'),
    });
    const { agent, call } = await openServer();
    expect(await call('run', agent, 'refund', '--approve', 'refund')).toMatchObject({
      code: 0,
      stdout: 'Result: Order 7 is refunded.\n',
    });
  });
});

test('shows the exact commands for a call that waits, also for another runs file', async () => {
  const cwd = createFolder();
  const { stderr } = await runCommand(['run', DEMO, 'refund', '--id', 'r 1', '--runs', './my runs.db'], { cwd });
  expect(stderr).toContain("    pawl approve 'r 1' approval:1.0 --fingerprint F --yes --runs './my runs.db'\n");
  expect(stderr).toContain("Then: pawl runs resume 'r 1' demo.ts --runs './my runs.db'\n");
});
