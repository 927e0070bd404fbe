import type { Host, JsonObject } from '@pawl/core';
import type { CountFilter, RunFilter } from '@pawl/core/host';
import { expectEqual, expectRejection } from './expect.ts';
import { type CaseBody, COMPLETED, claimRun, createRecord, createStep, listRunIds, SUSPENDED } from './kit.ts';

async function finishRun(host: Host, runId: string, metadata: JsonObject): Promise<void> {
  await host.start({ ...createRecord(runId), metadata });
  await host.release(runId, COMPLETED);
}

/** Filters, order and pages of `listRuns`. */
export const listCases: Readonly<Record<string, CaseBody>> = {
  'lists runs by metadata': async ({ host }) => {
    await finishRun(host, 'one', { user: 'ada', order: 7, tags: ['a', { b: null }], open: true });
    await finishRun(host, 'two', { user: 'ada', order: '7', tags: [], open: 1 });
    await finishRun(host, 'three', { user: 'bob', place: { town: 'Oslo', street: 'ä🦊\u0000"\\' } });
    await finishRun(host, 'four', {});
    const listByMetadata = (metadata: JsonObject): Promise<readonly string[]> => listRunIds(host, { metadata });
    expectEqual(await listByMetadata({ user: 'ada' }), ['one', 'two'], 'All runs with this value are listed.');
    expectEqual(await listByMetadata({ user: 'ada', order: 7 }), ['one'], 'Every field must be equal.');
    expectEqual(await listByMetadata({ order: '7' }), ['two'], 'A text is not equal to a number.');
    expectEqual(await listByMetadata({ open: true }), ['one'], 'A boolean is not equal to a number.');
    expectEqual(await listByMetadata({ tags: ['a', { b: null }] }), ['one'], 'A list is compared as a whole.');
    const place = { street: 'ä🦊\u0000"\\', town: 'Oslo' };
    expectEqual(
      await listByMetadata({ place }),
      ['three'],
      'The order of fields and special characters in texts do not matter.',
    );
    expectEqual(await listByMetadata({ place: { town: 'Oslo' } }), [], 'A part of a value is not equal to the value.');
    expectEqual(await listByMetadata({ user: 'eve' }), [], 'No run has this value.');
    expectEqual(await listByMetadata({ user: "' OR 1=1 --" }), [], 'A value is never executed as SQL.');
    expectEqual(await listByMetadata({ toString: 'ada' }), [], 'Inherited properties are not fields.');
    expectEqual(await listByMetadata({}), ['one', 'two', 'three', 'four'], 'An empty filter lists all runs.');
    const [two] = await host.listRuns({ metadata: { open: 1 } });
    expectEqual(two?.metadata, { user: 'ada', order: '7', tags: [], open: 1 }, 'The metadata is returned unchanged.');
  },

  'lists runs by conversation, start, agent and status together': async ({ host }) => {
    const conversation = { id: 'chat', version: 1, kept: 0 };
    await host.start({ ...createRecord('one'), conversation, at: 100 });
    await host.release('one', COMPLETED);
    await host.start({ ...createRecord('two'), conversation, at: 200 });
    await host.start({ ...createRecord('three'), agent: 'other', conversation, at: 200.5 });
    await host.release('three', undefined);
    await host.start({ ...createRecord('four'), conversation: { ...conversation, id: 'chat 2' }, at: 300 });
    expectEqual(
      await listRunIds(host, { conversation: 'chat' }),
      ['one', 'two', 'three'],
      'Lists runs by conversation.',
    );
    expectEqual(await listRunIds(host, { conversation: 'none' }), [], 'An unknown conversation has no runs.');
    expectEqual(await listRunIds(host, { since: 200 }), ['two', 'three', 'four'], 'Lists runs by their start.');
    expectEqual(
      await listRunIds(host, { since: 100.5, conversation: 'chat' }),
      ['two', 'three'],
      'A time may be a fraction.',
    );
    expectEqual(await listRunIds(host, { status: 'running' }), ['two', 'four'], 'An interrupted run is not running.');
    expectEqual(
      await listRunIds(host, { status: 'interrupted', agent: 'other', since: 0 }),
      ['three'],
      'All fields of a filter must match.',
    );
    expectEqual(
      await listRunIds(host, { status: 'interrupted', agent: 'agent' }),
      [],
      'All fields of a filter must match.',
    );
  },

  'lists runs by owner, apart from their metadata': async ({ host }) => {
    await host.start({ ...createRecord('one'), owner: 'ada', metadata: { owner: 'bob' } });
    await host.release('one', COMPLETED);
    await host.enqueue('agent', 'Go.', { runId: 'two', owner: 'ada' });
    await host.enqueue('agent', 'Go.', { runId: 'three', owner: 'bob' });
    await host.enqueue('agent', 'Go.', { runId: 'four', metadata: { owner: 'ada' } });
    expectEqual(await listRunIds(host, { owner: 'ada' }), ['one', 'two'], 'Lists runs by owner.');
    expectEqual(
      await listRunIds(host, { owner: 'ada', status: 'queued', agent: 'agent', metadata: {} }),
      ['two'],
      'All fields of a filter must match.',
    );
    expectEqual(await listRunIds(host, { owner: "' OR 1=1 --" }), [], 'An owner is never executed as SQL.');
    const owners = (await host.listRuns()).map((run) => ['owner' in run, run.owner]);
    const expected = [
      [true, 'ada'],
      [true, 'ada'],
      [true, 'bob'],
      [false, undefined],
    ];
    expectEqual(owners, expected, 'Each entry has the owner of its run.');
  },

  'lists what each run has used, of its outcome or of its recorded events': async ({ host }) => {
    const usage = { ...COMPLETED.usage, requests: 1, inputTokens: 4, outputTokens: 3, totalTokens: 7, cost: 0.5 };
    const totals = { usage, turnCount: 3, toolCallCount: 2 };
    await host.start(createRecord('ended'));
    await host.release('ended', { ...COMPLETED, ...totals });
    const stepRunner = await host.start(createRecord('open'));
    const stamps = { turn: 1, at: 1, activeMs: 0 };
    const responded = { type: 'model.responded', usage, middlewareUsage: usage, ...stamps };
    const finished = { type: 'tool.finished', index: 0, spent: usage, ...stamps };
    await stepRunner.step(createStep('model:1', responded));
    await stepRunner.step(createStep('tool:1.0/model:1', { type: 'model.responded', usage, ...stamps }));
    await stepRunner.step(createStep('tool:1.0:ask', finished));
    await host.enqueue('agent', 'Go.', { runId: 'new' });
    const list = async (filter: RunFilter): Promise<unknown> =>
      (await host.listRuns(filter)).map((run) => [run.runId, run.totals]);
    const createUsage = (count: number): object => ({
      ...usage,
      requests: count,
      inputTokens: 4 * count,
      outputTokens: 3 * count,
      totalTokens: 7 * count,
      cost: count / 2,
    });
    const expected = [
      ['ended', totals],
      ['open', { usage: createUsage(3), turnCount: 1, toolCallCount: 1 }],
      ['new', { usage: createUsage(0), turnCount: 0, toolCallCount: 0 }],
    ];
    expectEqual(await list({ totals: true }), expected, 'Each run has its totals.');
    const none = [
      ['ended', undefined],
      ['open', undefined],
      ['new', undefined],
    ];
    expectEqual(await list({ totals: false }), none, 'Totals are read only if they are asked for.');
  },

  'keeps the owner of a run in later attempts and in forks': async ({ host }) => {
    const owner = 'ada';
    const stepRunner = await host.start({ ...createRecord('run'), owner });
    await stepRunner.step(createStep('model:1', { type: 'approval.expired', turn: 1, index: 0, at: 1, activeMs: 0 }));
    await host.release('run', undefined);
    expectEqual((await claimRun(host, 'run')).record.owner, owner, 'The next attempt has the owner.');
    await host.fork('run', { before: 'model:1', runId: 'steps' });
    await host.fork('run', { before: 'model:1', runId: 'input', input: 'And now?' });
    await host.fork('run', { before: 'model:1', runId: 'messages', messages: [{ role: 'user', content: 'Go.' }] });
    expectEqual(await listRunIds(host, { owner }), ['run', 'steps', 'input', 'messages'], 'A fork has the same owner.');
    expectEqual((await host.getRun('input')).record.owner, owner, 'The record of a fork has the owner.');
  },

  'deletes ended runs by their ids': async ({ host }) => {
    for (const runId of ['one', 'two', 'three']) await finishRun(host, runId, { user: 'ada' });
    await host.start(createRecord('open'));
    expectEqual(await host.deleteRuns({ runIds: ['one', 'unknown', 'three', 'one'] }), 2, 'Counts the deleted runs.');
    expectEqual(await listRunIds(host), ['two', 'open'], 'The other runs stay.');
    await expectRejection(host.getRun('one'), 'run.unknown', 'A deleted run is unknown.');
    expectEqual(await listRunIds(host, { metadata: { user: 'ada' } }), ['two'], 'A deleted run is not found.');
    expectEqual(await host.deleteRuns({ runIds: [] }), 0, 'An empty list deletes nothing.');
    await host.start(createRecord('one'));
    expectEqual((await host.getRun('one')).events, [], 'A later run of that id is a new run.');
  },

  'deletes no run that has not ended, and names it': async ({ host }) => {
    await finishRun(host, 'ended', {});
    await host.start(createRecord('at work'));
    await host.enqueue('agent', 'Go.', { runId: 'in the queue' });
    for (const [runId, outcome] of Object.entries({ waiting: SUSPENDED, left: undefined })) {
      await host.start(createRecord(runId));
      await host.release(runId, outcome);
    }
    const open = ['at work', 'in the queue', 'waiting', 'left'];
    for (const runId of open) {
      const deleted = host.deleteRuns({ runIds: ['ended', runId] });
      await expectRejection(deleted, 'run.not_ended', 'A run that has not ended is not deleted.');
      const message = await deleted.catch((error: unknown) => String(error));
      expectEqual(String(message).includes(`"${runId}"`), true, 'The error names the run.');
    }
    expectEqual(await host.deleteRuns({ olderThanMs: -1e9 }), 1, 'Only the ended run is deleted.');
    expectEqual(await listRunIds(host), open, 'The runs that have not ended stay.');
  },

  'deletes runs that ended long enough ago': async ({ host, clock }) => {
    await finishRun(host, 'old', {});
    await clock.advance(1_000);
    await finishRun(host, 'new', {});
    await clock.advance(500);
    expectEqual(await host.deleteRuns({ olderThanMs: 1_000 }), 1, 'Counts the deleted runs.');
    expectEqual(await listRunIds(host), ['new'], 'A run that ended later stays.');
    const both = host.deleteRuns({ olderThanMs: 0, runIds: [] } as never); // A JavaScript caller is not type-checked.
    await expectRejection(both, 'config.invalid', 'The options exclude each other.');
  },

  'rejects an invalid owner': async ({ host }) => {
    for (const owner of ['', 'a\0b', '\ud800', 7, {}]) {
      const rejected = host.enqueue('agent', 'Go.', { owner: owner as string }); // A JavaScript caller is not type-checked.
      await expectRejection(rejected, 'config.invalid', 'An owner must be storable text.');
    }
  },

  'counts runs by status': async ({ host }) => {
    const none = {
      queued: 0,
      running: 0,
      interrupted: 0,
      completed: 0,
      suspended: 0,
      limited: 0,
      truncated: 0,
      filtered: 0,
      refused: 0,
      aborted: 0,
      failed: 0,
    };
    expectEqual({ ...(await host.countRuns()) }, none, 'There is no run.');
    for (const runId of ['one', 'two']) await finishRun(host, runId, { user: 'ada' });
    await host.start({ ...createRecord('three'), owner: 'ada', at: 500 });
    await host.start({ ...createRecord('four'), owner: 'ada', conversation: { id: 'chat', version: 1, kept: 0 } });
    await host.release('four', undefined);
    await host.start({ ...createRecord('five'), agent: 'other', owner: 'ada' });
    await host.release('five', SUSPENDED);
    await host.enqueue('agent', 'Go.', { runId: 'six', owner: 'bob' });
    const all = { ...none, completed: 2, running: 1, interrupted: 1, suspended: 1, queued: 1 };
    expectEqual({ ...(await host.countRuns()) }, all, 'Every run is counted.');
    const filtered: readonly (readonly [CountFilter, object])[] = [
      [{ owner: 'ada' }, { running: 1, interrupted: 1, suspended: 1 }],
      [
        { owner: 'ada', agent: 'agent' },
        { running: 1, interrupted: 1 },
      ],
      [{ metadata: { user: 'ada' } }, { completed: 2 }],
      [{ conversation: 'chat' }, { interrupted: 1 }],
      [{ since: 500, owner: 'ada' }, { running: 1 }],
      [{ owner: 'eve' }, {}],
    ];
    for (const [filter, counts] of filtered) {
      const counted = { ...(await host.countRuns(filter)) };
      expectEqual(counted, { ...none, ...counts }, `Counts the runs of ${JSON.stringify(filter)}.`);
    }
    for (const wrong of [{ status: 'failed' }, { owner: 7 }, { limit: 5 }]) {
      const rejected = host.countRuns(wrong as CountFilter); // A JavaScript caller is not type-checked.
      await expectRejection(rejected, 'config.invalid', 'The filter must be valid.');
    }
  },

  'lists runs in pages, in either order': async ({ host }) => {
    const runIds = Array.from({ length: 7 }, (_, index) => `run ${index}`);
    for (const runId of runIds) await host.enqueue('agent', 'Go.', { runId });
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = [];
      let after: number | undefined;
      for (;;) {
        const page = await host.listRuns({ order, limit: 3, ...(after !== undefined && { after }) });
        seen.push(...page.map(({ runId }) => runId));
        after = page.at(-1)?.position;
        if (after === undefined) break;
      }
      expectEqual(seen, order === 'asc' ? runIds : runIds.toReversed(), 'Each run is listed once.');
    }
    expectEqual(await listRunIds(host, { limit: 0 }), [], 'Limit 0 lists nothing.');
    expectEqual(await listRunIds(host, { limit: Number.POSITIVE_INFINITY }), runIds, 'Limit Infinity lists all runs.');
    expectEqual(await listRunIds(host, { after: 1e300 }), [], 'No run comes after this position.');
    expectEqual(await listRunIds(host, { after: -1.5 }), runIds, 'Every run comes after this position.');
  },

  'applies the limit after the filter': async ({ host }) => {
    for (const runId of ['one', 'two', 'three', 'four']) await host.start(createRecord(runId));
    for (const runId of ['two', 'four']) await host.release(runId, undefined);
    expectEqual(
      await listRunIds(host, { status: 'interrupted', limit: 2 }),
      ['two', 'four'],
      'Runs that do not match do not count.',
    );
    expectEqual(
      await listRunIds(host, { status: 'running', limit: 1, order: 'desc' }),
      ['three'],
      'Runs that do not match do not count.',
    );
    await claimRun(host, 'two');
    expectEqual(await listRunIds(host, { status: 'interrupted', limit: 2 }), ['four'], 'The run is claimed again.');
  },

  'rejects an invalid filter': async ({ host }) => {
    const wrong: readonly object[] = [
      { status: 'done' },
      { status: 'toString' },
      { order: 'newest' },
      { agent: 7 },
      { owner: 7 },
      { conversation: {} },
      { metadata: 'ada' },
      { metadata: { at: 1n } },
      { limit: 2.5 },
      { limit: -1 },
      { since: 'yesterday' },
    ];
    for (const filter of wrong)
      await expectRejection(host.listRuns(filter), 'config.invalid', `${Object.keys(filter)} is wrong.`);
  },
};
