import type { Step, StepRunner, StepTask } from '@pawl/core/host';
import { same, until } from './expect.ts';
import { APPROVAL, APPROVE, APPROVED, type Body, PARKED, record, resumed, type Stage, step } from './kit.ts';

/** A run with tasks that are at work from when they begin until they are told to finish. */
async function atWork({ host }: Stage) {
  /** `+a` when the work of `a` began, `=a` when it was told. */
  const journal: string[] = [];
  const works = new Map<string, PromiseWithResolvers<void>>();
  return {
    stepRunner: await host.start(record('run')),
    journal,
    task(name: string): Step<string> {
      const work = Promise.withResolvers<void>();
      works.set(name, work);
      return {
        ...step(name, name),
        work: async () => {
          journal.push(`+${name}`);
          await work.promise;
          return name;
        },
        onRecorded: (value) => journal.push(`=${value}`),
      };
    },
    finish: (name: string) => works.get(name)?.resolve(),
    /** Waits until so many things have happened. */
    happened: (count: number) => until(() => journal.length >= count, `After ${journal.join(' ')} more was to happen.`),
  };
}

const killed = (): Promise<never> => Promise.reject(new Error('killed'));

async function cutOff(stepRunner: StepRunner, cut: Step<string>): Promise<void> {
  await stepRunner.step({ ...cut, work: killed }).catch(() => undefined);
}

/** Tasks side by side, runs inside runs, and what a crash leaves open. */
export const taskCases: Readonly<Record<string, Body>> = {
  'tasks go side by side up to the width, start in order, and give their values in order': async (stage) => {
    const { stepRunner, journal, task, finish, happened } = await atWork(stage);
    const all = stepRunner.parallel([task('a'), task('b'), task('c'), task('d')], { width: 2 });
    await happened(2);
    finish('b');
    await happened(4);
    finish('c');
    await happened(6);
    same(journal, ['+a', '+b', '=b', '+c', '=c', '+d'], 'One begins where one has ended.');
    finish('d');
    finish('a');
    same(await all, ['a', 'b', 'c', 'd'], 'The values are in the order of the tasks.');
  },

  'each value is told as soon as it is there': async (stage) => {
    const { stepRunner, journal, task, finish, happened } = await atWork(stage);
    const all = stepRunner.parallel([task('a'), task('b'), task('c')], { width: 8 });
    await happened(3);
    for (const [index, name] of ['c', 'a', 'b'].entries()) {
      finish(name);
      await happened(4 + index);
    }
    await all;
    same(journal, ['+a', '+b', '+c', '=c', '=a', '=b'], 'They are told as they come.');
  },

  'a task that is exclusive is alone': async (stage) => {
    const { stepRunner, journal, task, finish, happened } = await atWork(stage);
    const all = stepRunner.parallel([task('a'), { ...task('b'), exclusive: true }, task('c')], { width: 8 });
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await happened(1 + index * 2);
      finish(name);
    }
    same(await all, ['a', 'b', 'c'], 'The values are in the order of the tasks.');
    same(journal, ['+a', '=a', '+b', '=b', '+c', '=c'], 'Nothing is beside it.');
  },

  'when one fails the others go on to their end before that is told': async (stage) => {
    const { stepRunner, journal, task, finish, happened } = await atWork(stage);
    let hasFailed = false;
    const all = stepRunner
      .parallel([{ ...task('x'), work: killed }, task('a')], { width: 8 })
      .catch(() => (hasFailed = true));
    await happened(1);
    same(hasFailed, false, 'What is at work is waited for.');
    finish('a');
    await all;
    same({ hasFailed, journal }, { hasFailed: true, journal: ['+a', '=a'] }, 'What was done is kept.');
  },

  'no tasks give no values': async (stage) => {
    const { stepRunner } = await atWork(stage);
    same(await stepRunner.parallel([], { width: 1 }), [], 'Nothing comes of nothing.');
  },

  'a child’s steps are kept below its name, and its words as well': async (stage) => {
    const { stepRunner } = await atWork(stage);
    const child = (name: string, text: string): StepTask<unknown> => ({
      type: 'child',
      name,
      body: async (inner) => [await inner.step(step('model:1', text)), await inner.waitFor('approval:1.0', APPROVAL)],
    });
    const both = (one: string, two: string): StepTask<unknown>[] => [child('tool:1.0', one), child('tool:1.1', two)];
    const [one, two] = [
      ['one', PARKED],
      ['two', PARKED],
    ] as const;
    await stepRunner.step(step('model:1', 'parent'));
    same(
      await stepRunner.parallel(both('one', 'two'), { width: 2 }),
      [one, two],
      'Children know nothing of each other.',
    );
    await stage.host.answer('run', 'tool:1.0/approval:1.0', APPROVE);
    const next = await resumed(stage.host, 'run');
    same(await next.parallel(both('x', 'x'), { width: 2 }), [['one', APPROVED], two], 'What they did is remembered.');
    same(await next.step(step('model:1', 'x')), 'parent', 'And so is what the run around them did.');
  },

  'a step that was cut off is done again, or in doubt where it must not be': async (stage) => {
    const { stepRunner } = await atWork(stage);
    const effects = ['read', 'idempotent', 'non-idempotent'] as const;
    const onUnknownOutcome = (): string => 'in doubt';
    const steps = effects.map((effect, index) =>
      step(`tool:1.${index}:pay`, 'did again', { effect, onUnknownOutcome }),
    );
    for (const each of steps) await cutOff(stepRunner, each);
    const second = await resumed(stage.host, 'run');
    for (const [index, each] of steps.entries()) {
      const value = effects[index] === 'non-idempotent' ? 'in doubt' : 'did again';
      same(await second.step(each), value, `A step of effect ${effects[index]} that was cut off.`);
    }
    const third = await resumed(stage.host, 'run');
    const values = await Promise.all(steps.map((each) => third.step({ ...each, work: killed })));
    same(values, ['did again', 'did again', 'in doubt'], 'What came of it is remembered.');
  },

  'a step of effect non-idempotent that never began is not in doubt': async (stage) => {
    const { stepRunner, task, happened } = await atWork(stage);
    const waits = step('tool:1.1:pay', 'paid', { effect: 'non-idempotent', onUnknownOutcome: () => 'in doubt' });
    void stepRunner.parallel([{ ...task('tool:1.0:pay'), effect: 'non-idempotent' }, waits], { width: 1 }); // It hangs, as a killed one does.
    await happened(1);
    const second = await resumed(stage.host, 'run');
    same(await second.step(waits), 'paid', 'It had not begun.');
  },

  'a step of effect non-idempotent is tried again by the attempt that failed, or where nobody can answer for it':
    async (stage) => {
      const { stepRunner } = await atWork(stage);
      const tried = step('tool:1.0:pay', 'paid', { effect: 'non-idempotent', onUnknownOutcome: () => 'in doubt' });
      await cutOff(stepRunner, tried);
      same(await stepRunner.step(tried), 'paid', 'The attempt knows that it failed.');
      const plain = step('tool:1.1:pay', 'paid', { effect: 'non-idempotent' });
      await cutOff(stepRunner, plain);
      const second = await resumed(stage.host, 'run');
      same(await second.step(plain), 'paid', 'There is nothing else to do.');
    },
};
