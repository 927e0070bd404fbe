import { setImmediate } from 'node:timers/promises';
import type { Durable, RunRecord, Step, Task } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { APPROVAL, held, hosts } from './hosts.ts';

describe.each(hosts)('on $name', ({ open }) => {
  test('tasks go side by side up to the width, start in order, and give their values in order', async () => {
    const { durable, journal, task, finish, settled } = await atWork();
    const all = durable.all([task('a'), task('b'), task('c'), task('d')], { width: 2 });
    await settled();
    finish('b');
    await settled();
    finish('c');
    await settled();
    expect(journal).toEqual(['+a', '+b', '=b', '+c', '=c', '+d']);
    finish('d');
    finish('a');
    await expect(all).resolves.toEqual(['a', 'b', 'c', 'd']);
  });

  test('each value is told as soon as it is there, in the order in which they come', async () => {
    const { durable, journal, task, finish, settled } = await atWork();
    const all = durable.all([task('a'), task('b'), task('c')], { width: 8 });
    await settled();
    for (const name of ['c', 'a', 'b']) {
      finish(name);
      await settled();
    }
    await all;
    expect(journal).toEqual(['+a', '+b', '+c', '=c', '=a', '=b']);
  });

  test('a task that is exclusive is alone', async () => {
    const { durable, journal, task, finish, settled } = await atWork();
    const all = durable.all([task('a'), { ...task('b'), exclusive: true }, task('c')], { width: 8 });
    await settled();
    expect(journal).toEqual(['+a']);
    finish('a');
    await settled();
    expect(journal).toEqual(['+a', '=a', '+b']);
    finish('b');
    await settled();
    expect(journal).toEqual(['+a', '=a', '+b', '=b', '+c']);
    finish('c');
    await expect(all).resolves.toEqual(['a', 'b', 'c']);
  });

  test('when one fails the others go on to their end before that is told', async () => {
    const { durable, journal, task, finish, settled } = await atWork();
    const broken: Step<string> = { ...task('x'), work: () => Promise.reject(new Error('away')) };
    const ends: string[] = [];
    const all = durable.all([broken, task('a')], { width: 8 }).catch(({ message }: Error) => ends.push(message));
    await settled();
    expect(ends).toEqual([]);
    finish('a');
    await all;
    expect({ ends, journal }).toEqual({ ends: ['away'], journal: ['+a', '=a'] });
  });

  test('no tasks give no values', async () => {
    const { durable } = await atWork();
    await expect(durable.all([], { width: 1 })).resolves.toEqual([]);
  });

  test('a child’s steps are kept below its name, and its words as well', async () => {
    const { host, durable } = await atWork();
    const child = (text: string): Task<unknown> => ({
      type: 'child',
      name: 'tool:1.0:ask',
      body: async (inner) => [await inner.step(plain('model:1', text)), await inner.wait('approve:1.0', APPROVAL)],
    });
    const parked = { type: 'parked' };
    await durable.step(plain('model:1', 'parent'));
    await expect(durable.all([child('child')], { width: 1 })).resolves.toEqual([['child', parked]]);
    await expect(durable.wait('approve:1.0', { ...APPROVAL, fingerprint: 'g' })).resolves.toEqual(parked);
    await host.answer('run', 'tool:1.0:ask/approve:1.0', { type: 'approve', fingerprint: 'f' });
    const answer = { type: 'answered', value: { type: 'approve', fingerprint: 'f' } };
    await expect(durable.all([child('again')], { width: 1 })).resolves.toEqual([['child', answer]]);
    await expect(durable.wait('approve:1.0', { ...APPROVAL, fingerprint: 'g' })).resolves.toEqual(parked);
  });

  test.each([
    ['read', 'did again'],
    ['idempotent', 'did again'],
    ['once', 'in doubt'],
  ] as const)('a step of effect %s that was cut off is %s', async (effect, value) => {
    const { host, durable } = await atWork();
    const step: Step<string> = {
      ...plain('tool:1.0:pay', 'did again'),
      effect,
      inDoubt: () => 'in doubt',
    };
    await expect(durable.step({ ...step, work: () => Promise.reject(new Error('killed')) })).rejects.toThrow('killed');
    await host.release('run', undefined);
    const second = await held(host, 'run');
    await expect(second.durable.step(step)).resolves.toBe(value);
    await host.release('run', undefined);
    const third = await held(host, 'run');
    await expect(third.durable.step({ ...step, work: () => expect.unreachable() })).resolves.toBe(value);
  });

  test('a step of effect once that never began is not in doubt', async () => {
    const { host, durable } = await atWork();
    const step: Step<string> = { ...plain('tool:1.1:pay', 'paid'), effect: 'once', inDoubt: () => 'in doubt' };
    const killed: Step<string> = { ...plain('tool:1.0:pay', ''), work: () => Promise.reject(new Error('killed')) };
    const never = Promise.withResolvers<never>();
    void durable.all([{ ...killed, work: () => never.promise }, step], { width: 1 }); // It hangs, as a killed one does.
    await host.release('run', undefined);
    const { durable: second } = await held(host, 'run');
    await expect(second.step(step)).resolves.toBe('paid');
  });

  test('the same attempt may try a step of effect once again', async () => {
    const { durable } = await atWork();
    const step: Step<string> = { ...plain('tool:1.0:pay', 'paid'), effect: 'once', inDoubt: () => 'in doubt' };
    await expect(durable.step({ ...step, work: () => Promise.reject(new Error('away')) })).rejects.toThrow('away');
    await expect(durable.step(step)).resolves.toBe('paid');
  });

  test('a step of effect once that nobody can answer for in doubt is done again', async () => {
    const { host, durable } = await atWork();
    const step: Step<string> = { ...plain('tool:1.0:pay', 'paid'), effect: 'once' };
    await expect(durable.step({ ...step, work: () => Promise.reject(new Error('killed')) })).rejects.toThrow('killed');
    await host.release('run', undefined);
    await expect((await held(host, 'run')).durable.step(step)).resolves.toBe('paid');
  });

  function plain(name: string, value: string): Step<string> {
    return { type: 'step', name, effect: 'read', work: async () => value, told: () => {} };
  }

  async function atWork() {
    const host = open();
    const record: RunRecord = { runId: 'run', agent: 'agent', messages: [], limits: {}, metadata: {}, at: 0 };
    const durable: Durable = await host.start(record);
    const journal: string[] = [];
    const works = new Map<string, PromiseWithResolvers<void>>();
    return {
      host,
      durable,
      journal,
      /** At work from when it starts until it is told to finish. */
      task(name: string): Step<string> {
        const work = Promise.withResolvers<void>();
        works.set(name, work);
        return {
          ...plain(name, name),
          work: async () => {
            journal.push(`+${name}`);
            await work.promise;
            return name;
          },
          told: (value) => journal.push(`=${value}`),
        };
      },
      finish: (name: string): void => works.get(name)?.resolve(),
      async settled(): Promise<void> {
        for (let i = 0; i < 10; i++) await setImmediate();
      },
    };
  }
});
