import type { Host } from '@pawl/core';
import type { RunProgress } from '@pawl/core/host';
import { has, refuses, same, until } from './expect.ts';
import {
  APPROVAL,
  APPROVE,
  APPROVED,
  type Body,
  COMPLETED,
  held,
  idsOf,
  PARKED,
  record,
  resumed,
  SUSPENDED,
  step,
} from './kit.ts';

/** As the loop's steps do, these yield facts. */
function fact(turn: number): object {
  return { type: 'user.interrupted', turn, message: { role: 'user', content: `Fact ${turn}.` }, at: turn, activeMs: 0 };
}

async function startedWith(host: Host, runId: string, turns: readonly number[]): Promise<void> {
  const stepRunner = await host.start(record(runId));
  for (const turn of turns) await stepRunner.step(step(`model:${turn}`, fact(turn)));
}

function turnsOf({ events: facts }: Pick<RunProgress, 'events'>): readonly unknown[] {
  return facts.map((each) => ('turn' in each.event ? each.event.turn : undefined));
}

/** What is done to runs from outside. */
export const runCases: Readonly<Record<string, Body>> = {
  'a run is read from outside, from any position on': async ({ host }) => {
    await startedWith(host, 'run', [1, 2]);
    const first = await host.getRun('run');
    has(first, { status: 'running', record: record('run'), outcome: undefined }, 'It is at work.');
    same(turnsOf(first), [1, 2], 'What was remembered is read in that order.');
    const after = first.events.at(-1)?.position ?? 0;
    const stepRunner = await resumed(host, 'run');
    await stepRunner.step(step('model:3', fact(3)));
    await stepRunner.parallel(
      [{ type: 'child', name: 'tool:3.0', body: (inner) => inner.step(step('model:1', fact(9))) }],
      {
        width: 1,
      },
    );
    const rest = await host.getRun('run', { after });
    same(turnsOf(rest), [3, 9], 'What came since is read.');
    const paths = rest.events.map(({ path }) => path);
    same(paths, ['', 'tool:3.0'], 'Each with the run that it is of.');
    await host.release('run', COMPLETED);
    const last = await host.getRun('run', { after: rest.events.at(-1)?.position ?? 0 });
    has(last, { status: 'completed', outcome: COMPLETED, events: [] }, 'It has ended.');
  },

  'a run is followed until it has ended': async ({ host }) => {
    await startedWith(host, 'run', [1]);
    const turns: unknown[] = [];
    const following = (async () => {
      for await (const each of host.followRun('run')) turns.push(...turnsOf({ events: [each] }));
    })();
    await until(() => turns.length === 1, 'What was remembered before is told.');
    const stepRunner = await resumed(host, 'run');
    await stepRunner.step(step('model:2', fact(2)));
    await until(() => turns.length === 2, 'What is remembered meanwhile is told.');
    await host.release('run', COMPLETED);
    await following;
    same(turns, [1, 2], 'Each fact is told once.');
    const stopped = new AbortController();
    stopped.abort();
    for await (const each of host.followRun('run', { signal: stopped.signal }))
      same(each, undefined, 'Nobody listens.');
  },

  'runs are listed, the oldest first, by status and agent': async ({ host }) => {
    await host.start({ ...record('one'), metadata: { user: 'ada' }, at: 900 });
    await host.release('one', COMPLETED);
    await host.start({ ...record('two'), agent: 'other' });
    await host.start(record('three'));
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
    same(told, expected, 'Each run has a status.');
    const one = { agent: 'agent', metadata: { user: 'ada' }, startedAt: 900, outcome: COMPLETED };
    has(all[0], one, 'And what is known of it.');
    same(await idsOf(host, { status: 'interrupted' }), ['three'], 'By status.');
    same(await idsOf(host, { agent: 'agent' }), ['one', 'three', 'four'], 'By agent.');
    same(await idsOf(host, { agent: 'agent', limit: 2 }), ['one', 'three'], 'The first of them.');
  },

  'a run is enqueued, and begun by whoever opens it': async ({ host }) => {
    const metadata = { user: 'ada' };
    const runId = await host.enqueue('agent', 'Go.', { limits: { turns: 3 }, metadata });
    same((await host.getRun(runId)).status, 'queued', 'Nobody works on it.');
    const named = await host.enqueue('agent', [{ role: 'user', content: 'Go.' }], { runId: 'named' });
    same(named, 'named', 'It has the name that it was given.');
    await refuses(host.enqueue('agent', 'Go.', { runId: 'named' }), 'run.exists', 'No name is given twice.');
    await refuses(host.enqueue('agent', []), 'config.invalid', 'Something has to be said.');
    const unkept = host.enqueue('agent', 'Go.', { runId: 'a\0b' });
    await refuses(unkept, 'config.invalid', 'A name is text that can be kept.');
    const opened = await held(host, runId);
    const { messages } = record(runId);
    const given = { agent: 'agent', messages, limits: { turns: 3 }, metadata, isEnqueued: true };
    has(opened.record, given, 'It is as it was given.');
    same((await host.getRun(runId)).status, 'running', 'Now somebody works on it.');
  },

  'a run is cancelled at work, and where nobody works on it': async ({ host }) => {
    const stepRunner = await host.start(record('run'));
    same(stepRunner.signal?.aborted, false, 'Nobody wants it to end.');
    await host.cancel('run', { reason: 'No more.' });
    await until(() => stepRunner.signal?.aborted === true, 'Whoever works on it is told.');
    same(stepRunner.signal?.reason, 'No more.', 'And why.');
    for (const [runId, outcome] of Object.entries({ 'given up': undefined, waiting: SUSPENDED })) {
      await host.start(record(runId));
      await host.release(runId, outcome);
      await host.cancel(runId);
      const opened = await held(host, runId);
      same(opened.stepRunner.signal?.aborted, true, 'Whoever opens it is told at once.');
    }
  },

  'a fork goes on from a step, and the original stays as it is': async ({ host }) => {
    await startedWith(host, 'run', [1, 2, 3]);
    await host.release('run', COMPLETED);
    const before = await host.getRun('run');
    const fork = await host.fork('run', { before: 'model:2', runId: 'fork' });
    same(fork, 'fork', 'It has the name that it was given.');
    const { stepRunner, record: forked } = await held(host, fork);
    has(forked, { agent: 'agent', messages: record('run').messages }, 'It is of the same agent.');
    same(await stepRunner.step(step<unknown>('model:1', {})), fact(1), 'What came before the step is kept.');
    same(await stepRunner.step(step<unknown>('model:2', 'new')), 'new', 'The step is done anew.');
    same(await host.getRun('run'), before, 'The original is as it was.');
  },

  'a fork may begin from other words': async ({ host }) => {
    await startedWith(host, 'run', [1, 2]);
    await host.release('run', COMPLETED);
    const messages = [{ role: 'user', content: 'Begin anew.' }] as const;
    const fork = await host.fork('run', { before: 'model:2', messages });
    const { stepRunner, record: forked } = await held(host, fork);
    same(forked.messages, messages, 'It begins from what it was given.');
    same(await stepRunner.step(step<unknown>('model:1', 'new')), 'new', 'Nothing was done yet.');
    const said = await host.fork('run', { before: 'model:2', input: 'And now?' });
    const { conversation } = (await held(host, said)).record.forked ?? {};
    has(conversation, { events: [fact(1)], input: [{ role: 'user', content: 'And now?' }] }, 'It goes on from there.');
    await refuses(host.fork('run', { before: 'model:9' }), 'step.unknown', 'There has to be such a step.');
    await refuses(host.fork('run', { before: 'model:2', runId: 'run' }), 'run.exists', 'No name is given twice.');
    await refuses(host.fork('other', { before: 'model:1' }), 'run.unknown', 'There has to be such a run.');
  },

  'a fork keeps the answer of a call whose result it keeps, and asks for any other again': async ({ host }) => {
    const stepRunner = await host.start(record('run'));
    await stepRunner.step(step('model:1', fact(1)));
    await stepRunner.waitFor('approval:1.0', APPROVAL);
    await host.answer('run', 'approval:1.0', APPROVE);
    await stepRunner.step(step('answer:1.0', fact(2)));
    await stepRunner.step(step('tool:1.0:pay', fact(3)));
    await stepRunner.step(step('model:2', fact(4)));
    await host.release('run', COMPLETED);
    const after = await held(host, await host.fork('run', { before: 'model:2' }));
    const approved = APPROVED;
    same(
      await after.stepRunner.waitFor('approval:1.0', APPROVAL),
      approved,
      'The call has run: nobody is asked twice.',
    );
    const before = await held(host, await host.fork('run', { before: 'tool:1.0:pay' }));
    const waited = await before.stepRunner.waitFor('approval:1.0', APPROVAL);
    same(waited, PARKED, 'The fork would run the call once more: it asks.');
    const { events: facts } = await host.getRun(before.record.runId);
    same(turnsOf({ events: facts }), [1], 'What came of the answer is not kept either.');
  },

  'a host that closes begins no step, and lets the one at work finish': async ({ host }) => {
    const stepRunner = await host.start(record('run'));
    const work = Promise.withResolvers<string>();
    const atWork = stepRunner.step(step('model:1', 'a', { work: () => work.promise }));
    const closed = host.close({ graceMs: 60_000 });
    await refuses(stepRunner.step(step('model:2', 'b')), 'host.closing', 'No step begins any more.');
    await refuses(host.start(record('other')), 'host.closing', 'Nor does a run.');
    work.resolve('a');
    same(await atWork, 'a', 'What is at work is kept.');
    await host.release('run', undefined);
    await closed;
  },
};
