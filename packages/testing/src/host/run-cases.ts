import type { Host } from '@pawl/core';
import type { RunProgress } from '@pawl/core/host';
import { expectEqual, expectFields, expectRejection, waitUntil } from './expect.ts';
import {
  APPROVAL,
  APPROVE,
  APPROVED,
  type CaseBody,
  COMPLETED,
  claimRun,
  createRecord,
  createStep,
  listRunIds,
  PARKED,
  resumeRun,
  SUSPENDED,
} from './kit.ts';

/** As the loop's steps do, these yield facts. */
function createEvent(turn: number): object {
  return { type: 'user.interrupted', turn, message: { role: 'user', content: `Fact ${turn}.` }, at: turn, activeMs: 0 };
}

async function startRun(host: Host, runId: string, turns: readonly number[]): Promise<void> {
  const stepRunner = await host.start(createRecord(runId));
  for (const turn of turns) await stepRunner.step(createStep(`model:${turn}`, createEvent(turn)));
}

function listTurns({ events: facts }: Pick<RunProgress, 'events'>): readonly unknown[] {
  return facts.map((each) => ('turn' in each.event ? each.event.turn : undefined));
}

/** What is done to runs from outside. */
export const runCases: Readonly<Record<string, CaseBody>> = {
  'a run is read from outside, from any position on': async ({ host }) => {
    await startRun(host, 'run', [1, 2]);
    const first = await host.getRun('run');
    expectFields(first, { status: 'running', record: createRecord('run'), outcome: undefined }, 'It is at work.');
    expectEqual(listTurns(first), [1, 2], 'What was remembered is read in that order.');
    const after = first.events.at(-1)?.position ?? 0;
    const stepRunner = await resumeRun(host, 'run');
    await stepRunner.step(createStep('model:3', createEvent(3)));
    await stepRunner.parallel(
      [{ type: 'child', name: 'tool:3.0', body: (inner) => inner.step(createStep('model:1', createEvent(9))) }],
      {
        width: 1,
      },
    );
    const rest = await host.getRun('run', { after });
    expectEqual(listTurns(rest), [3, 9], 'What came since is read.');
    const paths = rest.events.map(({ path }) => path);
    expectEqual(paths, ['', 'tool:3.0'], 'Each with the run that it is of.');
    await host.release('run', COMPLETED);
    const last = await host.getRun('run', { after: rest.events.at(-1)?.position ?? 0 });
    expectFields(last, { status: 'completed', outcome: COMPLETED, events: [] }, 'It has ended.');
  },

  'a run is followed until it has ended': async ({ host }) => {
    await startRun(host, 'run', [1]);
    const turns: unknown[] = [];
    const following = (async () => {
      for await (const each of host.followRun('run')) turns.push(...listTurns({ events: [each] }));
    })();
    await waitUntil(() => turns.length === 1, 'What was remembered before is told.');
    const stepRunner = await resumeRun(host, 'run');
    await stepRunner.step(createStep('model:2', createEvent(2)));
    await waitUntil(() => turns.length === 2, 'What is remembered meanwhile is told.');
    await host.release('run', COMPLETED);
    await following;
    expectEqual(turns, [1, 2], 'Each fact is told once.');
    const stopped = new AbortController();
    stopped.abort();
    for await (const each of host.followRun('run', { signal: stopped.signal }))
      expectEqual(each, undefined, 'Nobody listens.');
  },

  'runs are listed, the oldest first, by status and agent': async ({ host }) => {
    await host.start({ ...createRecord('one'), metadata: { user: 'ada' }, at: 900 });
    await host.release('one', COMPLETED);
    await host.start({ ...createRecord('two'), agent: 'other' });
    await host.start(createRecord('three'));
    await host.release('three', undefined);
    await host.enqueue('agent', 'Go.', { runId: 'four' });
    const all = await host.listRuns();
    const told = all.map(({ runId, status, attempts }) => [runId, status, attempts]);
    const expected = [
      ['one', 'completed', 1],
      ['two', 'running', 1],
      ['three', 'interrupted', 1],
      ['four', 'queued', 0],
    ];
    expectEqual(told, expected, 'Each run has a status.');
    const one = { agent: 'agent', metadata: { user: 'ada' }, startedAt: 900, outcome: COMPLETED };
    expectFields(all[0], one, 'And what is known of it.');
    expectEqual(await listRunIds(host, { status: 'interrupted' }), ['three'], 'By status.');
    expectEqual(await listRunIds(host, { agent: 'agent' }), ['one', 'three', 'four'], 'By agent.');
    expectEqual(await listRunIds(host, { agent: 'agent', limit: 2 }), ['one', 'three'], 'The first of them.');
  },

  'a run is enqueued, and begun by whoever opens it': async ({ host }) => {
    const metadata = { user: 'ada' };
    const runId = await host.enqueue('agent', 'Go.', { limits: { turns: 3 }, metadata });
    expectEqual((await host.getRun(runId)).status, 'queued', 'Nobody works on it.');
    const named = await host.enqueue('agent', [{ role: 'user', content: 'Go.' }], { runId: 'named' });
    expectEqual(named, 'named', 'It has the name that it was given.');
    await expectRejection(host.enqueue('agent', 'Go.', { runId: 'named' }), 'run.exists', 'No name is given twice.');
    await expectRejection(host.enqueue('agent', []), 'config.invalid', 'Something has to be said.');
    const unkept = host.enqueue('agent', 'Go.', { runId: 'a\0b' });
    await expectRejection(unkept, 'config.invalid', 'A name is text that can be kept.');
    const opened = await claimRun(host, runId);
    const { messages } = createRecord(runId);
    const given = { agent: 'agent', messages, limits: { turns: 3 }, metadata, isEnqueued: true };
    expectFields(opened.record, given, 'It is as it was given.');
    expectEqual((await host.getRun(runId)).status, 'running', 'Now somebody works on it.');
  },

  'a run is cancelled at work, and where nobody works on it': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    expectEqual(stepRunner.signal?.aborted, false, 'Nobody wants it to end.');
    await host.cancel('run', { reason: 'No more.' });
    await waitUntil(() => stepRunner.signal?.aborted === true, 'Whoever works on it is told.');
    expectEqual(stepRunner.signal?.reason, 'No more.', 'And why.');
    for (const [runId, outcome] of Object.entries({ 'given up': undefined, waiting: SUSPENDED })) {
      await host.start(createRecord(runId));
      await host.release(runId, outcome);
      await host.cancel(runId);
      const opened = await claimRun(host, runId);
      expectEqual(opened.stepRunner.signal?.aborted, true, 'Whoever opens it is told at once.');
    }
  },

  'a fork goes on from a step, and the original stays as it is': async ({ host }) => {
    await startRun(host, 'run', [1, 2, 3]);
    await host.release('run', COMPLETED);
    const before = await host.getRun('run');
    const fork = await host.fork('run', { before: 'model:2', runId: 'fork' });
    expectEqual(fork, 'fork', 'It has the name that it was given.');
    const { stepRunner, record: forked } = await claimRun(host, fork);
    expectFields(forked, { agent: 'agent', messages: createRecord('run').messages }, 'It is of the same agent.');
    expectEqual(
      await stepRunner.step(createStep<unknown>('model:1', {})),
      createEvent(1),
      'What came before the step is kept.',
    );
    expectEqual(await stepRunner.step(createStep<unknown>('model:2', 'new')), 'new', 'The step is done anew.');
    expectEqual(await host.getRun('run'), before, 'The original is as it was.');
  },

  'a fork may begin from other words': async ({ host }) => {
    await startRun(host, 'run', [1, 2]);
    await host.release('run', COMPLETED);
    const messages = [{ role: 'user', content: 'Begin anew.' }] as const;
    const fork = await host.fork('run', { before: 'model:2', messages });
    const { stepRunner, record: forked } = await claimRun(host, fork);
    expectEqual(forked.messages, messages, 'It begins from what it was given.');
    expectEqual(await stepRunner.step(createStep<unknown>('model:1', 'new')), 'new', 'Nothing was done yet.');
    const said = await host.fork('run', { before: 'model:2', input: 'And now?' });
    const { conversation } = (await claimRun(host, said)).record.forked ?? {};
    expectFields(
      conversation,
      { events: [createEvent(1)], input: [{ role: 'user', content: 'And now?' }] },
      'It goes on from there.',
    );
    await expectRejection(host.fork('run', { before: 'model:9' }), 'step.unknown', 'There has to be such a step.');
    await expectRejection(
      host.fork('run', { before: 'model:2', runId: 'run' }),
      'run.exists',
      'No name is given twice.',
    );
    await expectRejection(host.fork('other', { before: 'model:1' }), 'run.unknown', 'There has to be such a run.');
  },

  'a fork keeps the answer of a call whose result it keeps, and asks for any other again': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    await stepRunner.step(createStep('model:1', createEvent(1)));
    await stepRunner.waitFor('approve:1.0', APPROVAL);
    await host.answer('run', 'approve:1.0', APPROVE);
    await stepRunner.step(createStep('answer:1.0', createEvent(2)));
    await stepRunner.step(createStep('tool:1.0:pay', createEvent(3)));
    await stepRunner.step(createStep('model:2', createEvent(4)));
    await host.release('run', COMPLETED);
    const after = await claimRun(host, await host.fork('run', { before: 'model:2' }));
    const approved = APPROVED;
    expectEqual(
      await after.stepRunner.waitFor('approve:1.0', APPROVAL),
      approved,
      'The call has run: nobody is asked twice.',
    );
    const before = await claimRun(host, await host.fork('run', { before: 'tool:1.0:pay' }));
    const waited = await before.stepRunner.waitFor('approve:1.0', APPROVAL);
    expectEqual(waited, PARKED, 'The fork would run the call once more: it asks.');
    const { events: facts } = await host.getRun(before.record.runId);
    expectEqual(listTurns({ events: facts }), [1], 'What came of the answer is not kept either.');
  },

  'a host that closes begins no step, and lets the one at work finish': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    const work = Promise.withResolvers<string>();
    const atWork = stepRunner.step(createStep('model:1', 'a', { work: () => work.promise }));
    const closed = host.close({ graceMs: 60_000 });
    await expectRejection(stepRunner.step(createStep('model:2', 'b')), 'host.closing', 'No step begins any more.');
    await expectRejection(host.start(createRecord('other')), 'host.closing', 'Nor does a run.');
    work.resolve('a');
    expectEqual(await atWork, 'a', 'What is at work is kept.');
    await host.release('run', undefined);
    await closed;
  },
};
