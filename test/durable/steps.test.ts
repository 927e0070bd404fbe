import { DurableError, type DurableHost, type Outcome, type RunRecord, type Step } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { held, hosts } from './hosts.ts';

const usage = {
  requests: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  cost: 0,
  estimated: false,
};

describe.each(hosts)('on $name', ({ open }) => {
  test('a step is done once in the life of a run, and told each time it is met', async () => {
    const { host, journal, step } = kept();
    const first = await host.start(record('run'));
    await expect(first.step(step('model:1', 'a'))).resolves.toBe('a');
    await expect(first.step(step('model:1', 'other'))).resolves.toBe('a');
    await host.release('run', undefined);
    const { durable } = await held(host, 'run');
    await expect(durable.step(step('model:1', 'again'))).resolves.toBe('a');
    await expect(durable.step(step('model:2', 'b'))).resolves.toBe('b');
    expect(journal).toEqual([
      'did model:1',
      'told a, new',
      'told a, replayed',
      'told a, replayed',
      'did model:2',
      'told b, new',
    ]);
  });

  test('a step that rejects is not remembered, and is done again', async () => {
    const { host, journal, step } = kept();
    const first = await host.start(record('run'));
    await expect(
      first.step({ ...step('model:1', 'a'), work: () => Promise.reject(new Error('away')) }),
    ).rejects.toEqual(new Error('away'));
    await expect(first.step(step('model:1', 'a'))).resolves.toBe('a');
    expect(journal).toEqual(['did model:1', 'told a, new']);
  });

  test('each attempt at a run has another name, and its record stays', async () => {
    const { host } = kept();
    const first = await host.start(record('run'));
    await host.release('run', undefined);
    const second = await held(host, 'run');
    await host.release('run', undefined);
    const third = await held(host, 'run');
    expect(new Set([first.attempt, second.durable.attempt, third.durable.attempt]).size).toBe(3);
    expect([second.record, third.record]).toEqual([record('run'), record('run')]);
  });

  test('runs know nothing of each other', async () => {
    const { host, step } = kept();
    const one = await host.start(record('one'));
    const other = await host.start(record('other'));
    await expect(one.step(step('model:1', 'a'))).resolves.toBe('a');
    await expect(other.step(step('model:1', 'b'))).resolves.toBe('b');
  });

  test('a run that has ended gives its outcome, and is at work no more', async () => {
    const { host } = kept();
    await host.start(record('run'));
    await host.release('run', ended);
    const opened = { type: 'ended', record: record('run'), outcome: ended };
    expect(await host.open('run')).toEqual(opened);
    expect(await host.open('run')).toEqual(opened);
  });

  test('a run that is suspended has not ended', async () => {
    const { host } = kept();
    await host.start(record('run'));
    await host.release('run', { ...ended, status: 'suspended', pending: [] });
    expect((await host.open('run')).type).toBe('held');
  });

  test('a run that somebody works on is at work elsewhere for everybody else', async () => {
    const { host } = kept();
    await host.start(record('run'));
    expect(await host.open('run')).toEqual({ type: 'elsewhere', record: record('run') });
  });

  test('what is held of a suspended run changes nothing in it', async () => {
    const { host } = kept();
    const given = { ...record('run'), metadata: { order: { id: 7 } } };
    const value = { path: '/tmp/a' };
    const first = await host.start(given);
    await first.step(plain('check:1.0', value));
    await host.release('run', { ...ended, status: 'suspended', pending: [] });
    given.metadata.order.id = 8;
    value.path = '/etc/passwd';
    const opened = await held(host, 'run');
    expect(opened.record.metadata).toEqual({ order: { id: 7 } });
    await expect(opened.durable.step(plain('check:1.0', {}))).resolves.toEqual({ path: '/tmp/a' });
  });

  test.each([
    [
      'to start a run that exists',
      'run.exists',
      'Run "run" exists already. Pass another runId, use agent.resume, or pass onExisting: "attach".',
      (host: DurableHost) => host.start(record('run')),
    ],
    [
      'to open a run that nobody started',
      'run.unknown',
      'There is no run "other" here. Pass the host that it was started on.',
      (host: DurableHost) => host.open('other'),
    ],
    [
      'to answer a run that nobody started',
      'run.unknown',
      'There is no run "other" here. Pass the host that it was started on.',
      (host: DurableHost) => host.answer('other', 'approve:1.0', { type: 'approve', fingerprint: 'f' }),
    ],
    [
      'to write to a run that waits for nothing',
      'run.not_waiting',
      'Run "run" waits for nothing. Pass outcome.messages and the message to agent.run.',
      (host: DurableHost) => host.send('run', { role: 'user', content: 'Hi.' }),
    ],
  ] as const)('%s is refused: %s', async (_, code, message, act) => {
    const { host } = kept();
    await host.start(record('run'));
    const [refused] = await Promise.allSettled([act(host)]);
    const reason: unknown = refused.status === 'rejected' ? refused.reason : undefined;
    expect(reason).toEqual(new DurableError(message, { code }));
    expect(reason).toMatchObject({ code });
  });

  test('a run that exists cannot be started anew, also after its end', async () => {
    const { host } = kept();
    await host.start(record('run'));
    await host.release('run', ended);
    await expect(host.start(record('run'))).rejects.toMatchObject({ code: 'run.exists' });
  });

  test('a run that was given up by an error of the host can be opened', async () => {
    const { host, step } = kept();
    const first = await host.start(record('run'));
    await first.step(step('model:1', 'a'));
    await host.release('run', undefined);
    const { durable } = await held(host, 'run');
    await expect(durable.step(step('model:1', 'b'))).resolves.toBe('a');
  });

  const ended: Outcome<unknown> = {
    status: 'completed',
    output: 'Done.',
    text: 'Done.',
    runId: 'run',
    messages: [],
    usage: usage,
    turns: 1,
    toolCalls: 0,
    durationMs: 5,
  };

  function record(runId: string): RunRecord {
    return { runId, agent: 'agent', messages: [{ role: 'user', content: 'Go.' }], limits: {}, metadata: {}, at: 0 };
  }

  function plain(name: string, value: unknown): Step<unknown> {
    return { type: 'step', name, effect: 'read', work: async () => value, told: () => {} };
  }

  function kept() {
    const journal: string[] = [];
    const step = (name: string, value: string): Step<string> => ({
      type: 'step',
      name,
      effect: 'read',
      work: async () => {
        journal.push(`did ${name}`);
        return value;
      },
      told: (told, { replayed }) => journal.push(`told ${told}, ${replayed ? 'replayed' : 'new'}`),
    });
    const host = open({
      clock: manualClock(),
    });
    return { host, journal, step };
  }
});
