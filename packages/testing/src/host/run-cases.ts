import type { Host } from '@pawl/core';
import type { RunProgress, StepRecord, StepRunner, WaitOptions } from '@pawl/core/host';
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

/** A value with a journal event, like those of the loop's steps. */
function createEvent(turn: number): object {
  return {
    type: 'user.interrupted',
    turn,
    message: { role: 'user', content: `Message ${turn}.` },
    at: turn,
    activeMs: 0,
  };
}

async function startRun(host: Host, runId: string, turns: readonly number[]): Promise<void> {
  const stepRunner = await host.start(createRecord(runId));
  for (const turn of turns) await stepRunner.step(createStep(`model:${turn}`, createEvent(turn)));
}

function listTurns({ events }: Pick<RunProgress, 'events'>): readonly unknown[] {
  return events.map((each) => ('turn' in each.event ? each.event.turn : undefined));
}

/** Operations on runs from outside: read, follow, list, enqueue, cancel, fork, close. */
export const runCases: Readonly<Record<string, CaseBody>> = {
  'reads the progress of a run from any position': async ({ host }) => {
    await startRun(host, 'run', [1, 2]);
    const first = await host.getRun('run');
    expectFields(first, { status: 'running', record: createRecord('run'), outcome: undefined }, 'The run is running.');
    expectEqual(listTurns(first), [1, 2], 'Events are read in the order of recording.');
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
    expectEqual(listTurns(rest), [3, 9], 'Only later events are read.');
    const paths = rest.events.map(({ path }) => path);
    expectEqual(paths, ['', 'tool:3.0'], 'Each event has the path of its run.');
    await host.release('run', COMPLETED);
    const last = await host.getRun('run', { after: rest.events.at(-1)?.position ?? 0 });
    expectFields(last, { status: 'completed', outcome: COMPLETED, events: [] }, 'The run has finished.');
  },

  'follows a run until it has finished': async ({ host }) => {
    await startRun(host, 'run', [1]);
    const turns: unknown[] = [];
    const following = (async () => {
      for await (const each of host.followRun('run')) turns.push(...listTurns({ events: [each] }));
    })();
    await waitUntil(() => turns.length === 1, 'Recorded events are emitted.');
    const stepRunner = await resumeRun(host, 'run');
    await stepRunner.step(createStep('model:2', createEvent(2)));
    await waitUntil(() => turns.length === 2, 'New events are emitted.');
    await host.release('run', COMPLETED);
    await following;
    expectEqual(turns, [1, 2], 'Each event is emitted once.');
    const stopped = new AbortController();
    stopped.abort();
    for await (const each of host.followRun('run', { signal: stopped.signal }))
      expectEqual(each, undefined, 'An aborted follower gets no events.');
  },

  'lists runs by status and agent, the oldest first': async ({ host }) => {
    await host.start({ ...createRecord('one'), metadata: { user: 'ada' }, at: 900 });
    await host.release('one', COMPLETED);
    await host.start({ ...createRecord('two'), agent: 'other' });
    await host.start(createRecord('three'));
    await host.release('three', undefined);
    await host.enqueue('agent', 'Go.', { runId: 'four' });
    const all = await host.listRuns();
    const listed = all.map(({ runId, status, attempts }) => [runId, status, attempts]);
    const expected = [
      ['one', 'completed', 1],
      ['two', 'running', 1],
      ['three', 'interrupted', 1],
      ['four', 'queued', 0],
    ];
    expectEqual(listed, expected, 'Each run has a status.');
    const one = { agent: 'agent', metadata: { user: 'ada' }, startedAt: 900, outcome: COMPLETED };
    expectFields(all[0], one, 'Each entry describes its run.');
    expectEqual(await listRunIds(host, { status: 'interrupted' }), ['three'], 'Lists runs by status.');
    expectEqual(await listRunIds(host, { agent: 'agent' }), ['one', 'three', 'four'], 'Lists runs by agent.');
    expectEqual(await listRunIds(host, { agent: 'agent', limit: 2 }), ['one', 'three'], 'The first run is listed.');
  },

  'gives each recorded step the position that its readers get': async ({ host }) => {
    const live: unknown[] = [];
    const replayed: unknown[] = [];
    const runSteps = async (stepRunner: StepRunner, positions: unknown[]): Promise<void> => {
      const note = { onRecorded: (_: unknown, { position }: StepRecord) => void positions.push(position) };
      await stepRunner.step(createStep('model:1', createEvent(1), note));
      await stepRunner.parallel(
        [0, 1, 2].map((index) => createStep(`tool:1.${index}:look`, createEvent(2), note)),
        { width: 3 },
      );
      const runBody = (inner: StepRunner): Promise<object> => inner.step(createStep('model:1', createEvent(3), note));
      await stepRunner.parallel([{ type: 'child', name: 'tool:2.0', body: runBody }], { width: 1 });
    };
    await runSteps(await host.start(createRecord('run')), live);
    const { events } = await host.getRun('run');
    const positions = events.map(({ position }) => position);
    expectEqual(live, positions, 'A recorded step has its position.');
    await runSteps(await resumeRun(host, 'run'), replayed);
    expectEqual(replayed, positions, 'A replayed step has the same position.');
    const fork = await claimRun(host, await host.fork('run', { before: 'tool:2.0/model:1' }));
    const forked: unknown[] = [];
    await runSteps(fork.stepRunner, forked);
    const progress = await host.getRun(fork.record.runId);
    expectEqual(
      forked,
      progress.events.map(({ position }) => position),
      'A fork has positions of its own.',
    );
  },

  'enqueues a run that any worker can claim': async ({ host }) => {
    const metadata = { user: 'ada' };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const tracestate = 'vendor=a,other=b';
    const runId = await host.enqueue('agent', 'Go.', { limits: { turns: 3 }, metadata, traceparent, tracestate });
    expectEqual((await host.getRun(runId)).status, 'queued', 'The run is queued.');
    const named = await host.enqueue('agent', [{ role: 'user', content: 'Go.' }], { runId: 'named' });
    expectEqual(named, 'named', 'The run has the given id.');
    await expectRejection(host.enqueue('agent', 'Go.', { runId: 'named' }), 'run.exists', 'An id is used once.');
    await expectRejection(host.enqueue('agent', []), 'config.invalid', 'The input must not be empty.');
    const unkept = host.enqueue('agent', 'Go.', { runId: 'a\0b' });
    await expectRejection(unkept, 'config.invalid', 'An id must be storable text.');
    const opened = await claimRun(host, runId);
    const { messages } = createRecord(runId);
    const trace = { traceparent, tracestate, origin: 'enqueue' };
    const given = { agent: 'agent', messages, limits: { turns: 3 }, metadata, isEnqueued: true, trace };
    expectFields(opened.record, given, 'The record is as given.');
    expectEqual((await host.getRun(runId)).status, 'running', 'The run is running.');
  },

  'resumes every run of the agents that can continue, and no other': async ({ host, clock, hasWorkers }) => {
    const wait = async (runId: string, options: Partial<WaitOptions> = {}): Promise<void> => {
      const stepRunner = await host.start(createRecord(runId));
      await stepRunner.waitFor('approval:1.0', { ...APPROVAL, ...options });
      await host.release(runId, SUSPENDED);
    };
    await host.enqueue('agent', 'Go.', { runId: 'enqueued' });
    await host.enqueue('other', 'Go.', { runId: 'of another agent' });
    await host.start(createRecord('at work'));
    await host.start(createRecord('ended'));
    await host.release('ended', COMPLETED);
    await host.start(createRecord('released'));
    await host.release('released', undefined);
    for (const runId of ['waiting', 'answered', 'written to', 'cancelled']) await wait(runId);
    await wait('expired', { timeoutMs: 100 });
    await host.answer('answered', 'approval:1.0', APPROVE);
    await host.sendMessage('written to', { role: 'user', content: 'Stop.' });
    await host.cancel('cancelled');
    await clock.advance(100);
    const agent = { name: 'agent', resume: (runId: string, options: { readonly host: Host }) => ({ runId, options }) };
    const resumed = await host.resumeAll([agent]);
    const expected = hasWorkers ? [] : ['answered', 'cancelled', 'enqueued', 'expired', 'released', 'written to'];
    expectEqual(resumed.map(({ runId }) => runId).toSorted(), expected, 'Each run that can continue is resumed once.');
    expectEqual(
      resumed.every(({ options }) => options.host === host),
      true,
      'A run is resumed with its host.',
    );
    await expectRejection(host.resumeAll([{} as typeof agent]), 'config.invalid', 'Only agents can resume runs.');
  },

  'resumes runs with the agent that a function chooses by the record': async ({ host, hasWorkers }) => {
    const versions = ['1', '2', '3'];
    for (const version of versions) {
      await host.enqueue('agent', 'Go.', { runId: version, metadata: { version }, owner: `owner ${version}` });
    }
    const createAgent = (label: string) => ({
      name: 'agent',
      resume: (runId: string, options: { readonly host: Host }) => ({ label, runId, isSame: options.host === host }),
    });
    const resumed = await host.resumeAll([
      {
        name: 'agent',
        choose({ metadata, owner }) {
          if (metadata['version'] === '1') return createAgent(`old of ${owner}`);
          if (metadata['version'] === '2') return { agent: createAgent('new'), context: () => undefined };
          return undefined;
        },
      },
    ]);
    const expected = [
      { label: 'new', runId: '2', isSame: true },
      { label: 'old of owner 1', runId: '1', isSame: true },
    ];
    const sorted = resumed.toSorted((one, other) => (one.label < other.label ? -1 : 1));
    expectEqual(sorted, hasWorkers ? [] : expected, 'The record chooses the agent, or none.');
    const wrong = [{ name: 'agent', choose: 5 }, { choose: () => undefined }] as never[];
    for (const each of wrong) {
      await expectRejection(host.resumeAll([each]), 'config.invalid', 'A choice has a name and a function.');
    }
  },

  'cancels a claimed run and an unclaimed run': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    expectEqual(stepRunner.signal?.aborted, false, 'The run is not cancelled.');
    await host.cancel('run', { reason: 'No more.' });
    await waitUntil(() => stepRunner.signal?.aborted === true, 'The signal of the claimed run is aborted.');
    expectEqual(stepRunner.signal?.reason, 'No more.', 'The reason is passed on.');
    for (const [runId, outcome] of Object.entries({ 'given up': undefined, waiting: SUSPENDED })) {
      await host.start(createRecord(runId));
      await host.release(runId, outcome);
      await host.cancel(runId);
      const opened = await claimRun(host, runId);
      expectEqual(opened.stepRunner.signal?.aborted, true, 'The signal is aborted when the run is claimed.');
    }
  },

  'forks a run from a step and leaves the original unchanged': async ({ host }) => {
    await startRun(host, 'run', [1, 2, 3]);
    await host.release('run', COMPLETED);
    const before = await host.getRun('run');
    const fork = await host.fork('run', { before: 'model:2', runId: 'fork' });
    expectEqual(fork, 'fork', 'The fork has the given id.');
    const { stepRunner, record: forked } = await claimRun(host, fork);
    expectFields(
      forked,
      { agent: 'agent', messages: createRecord('run').messages },
      'The fork has the same agent and messages.',
    );
    expectEqual(
      await stepRunner.step(createStep<unknown>('model:1', {})),
      createEvent(1),
      'Steps before the fork are kept.',
    );
    expectEqual(await stepRunner.step(createStep<unknown>('model:2', 'new')), 'new', 'The step runs again.');
    expectEqual(await host.getRun('run'), before, 'The original is unchanged.');
  },

  'forks a run with other messages or further input': async ({ host }) => {
    await startRun(host, 'run', [1, 2]);
    await host.release('run', COMPLETED);
    const messages = [{ role: 'user', content: 'Begin anew.' }] as const;
    const fork = await host.fork('run', { before: 'model:2', messages });
    const { stepRunner, record: forked } = await claimRun(host, fork);
    expectEqual(forked.messages, messages, 'The fork starts with the given messages.');
    expectEqual(await stepRunner.step(createStep<unknown>('model:1', 'new')), 'new', 'The fork keeps no step.');
    const continued = await host.fork('run', { before: 'model:2', input: 'And now?' });
    const { conversation } = (await claimRun(host, continued)).record.forked ?? {};
    expectFields(
      conversation,
      { events: [createEvent(1)], input: [{ role: 'user', content: 'And now?' }] },
      'The fork continues the conversation.',
    );
    await expectRejection(host.fork('run', { before: 'model:9' }), 'step.unknown', 'The step must exist.');
    await expectRejection(host.fork('run', { before: 'model:2', runId: 'run' }), 'run.exists', 'An id is used once.');
    await expectRejection(host.fork('other', { before: 'model:1' }), 'run.unknown', 'The run must exist.');
  },

  'keeps an answer in a fork only if the fork keeps the result of the call': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    await stepRunner.step(createStep('model:1', createEvent(1)));
    await stepRunner.waitFor('approval:1.0', APPROVAL);
    await host.answer('run', 'approval:1.0', APPROVE);
    await stepRunner.step(createStep('answer:1.0', createEvent(2)));
    await stepRunner.step(createStep('tool:1.0:pay', createEvent(3)));
    await stepRunner.step(createStep('model:2', createEvent(4)));
    await host.release('run', COMPLETED);
    const after = await claimRun(host, await host.fork('run', { before: 'model:2' }));
    const approved = APPROVED;
    expectEqual(
      await after.stepRunner.waitFor('approval:1.0', APPROVAL),
      approved,
      'The fork keeps the result, so nobody answers again.',
    );
    const before = await claimRun(host, await host.fork('run', { before: 'tool:1.0:pay' }));
    const waited = await before.stepRunner.waitFor('approval:1.0', APPROVAL);
    expectEqual(waited, PARKED, 'The fork would run the call again, so the call is pending.');
    const { events } = await host.getRun(before.record.runId);
    expectEqual(listTurns({ events }), [1], 'The fork does not keep the step that recorded the answer.');
  },

  'checks open calls again in a fork that asks for it': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    for (const [index, name] of ['model:1', 'check:1.0', 'check:1.1', 'tool:1.0:look', 'tool:1.1:pay'].entries())
      await stepRunner.step(createStep(name, createEvent(index + 1)));
    await host.release('run', COMPLETED);
    const before = 'tool:1.1:pay';
    const kept = await host.getRun(await host.fork('run', { before }));
    expectEqual(listTurns(kept), [1, 2, 3, 4], 'A fork keeps the checks of open calls.');
    const again = await host.getRun(await host.fork('run', { before, recheckApprovals: true }));
    expectEqual(listTurns(again), [1, 2, 4], 'It keeps only the checks of calls with a result.');
  },

  'begins no step after close, and lets a running step finish': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    const work = Promise.withResolvers<string>();
    const atWork = stepRunner.step(createStep('model:1', 'a', { work: () => work.promise }));
    const closed = host.close({ graceMs: 60_000 });
    await expectRejection(stepRunner.step(createStep('model:2', 'b')), 'host.closing', 'No step begins.');
    await expectRejection(host.start(createRecord('other')), 'host.closing', 'No run starts.');
    work.resolve('a');
    expectEqual(await atWork, 'a', 'The value of the running step is recorded.');
    await host.release('run', undefined);
    await closed;
  },

  'aborts a step that has not ended after graceMs, and records nothing of it': async ({ host }) => {
    const stepRunner = await host.start(createRecord('run'));
    const work = Promise.withResolvers<string>();
    const atWork = stepRunner.step(createStep('model:1', 'a', { work: () => work.promise }));
    stepRunner.signal?.addEventListener('abort', () => work.resolve('aborted'));
    const rejected = expectRejection(atWork, 'host.closing', 'The step is not recorded.'); // Handled before it happens.
    await host.close({ graceMs: 0 });
    await rejected;
  },
};
