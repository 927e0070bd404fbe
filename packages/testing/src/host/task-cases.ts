import type { Step, StepRunner, StepTask } from '@pawl/core/host';
import { expectEqual, waitUntil } from './expect.ts';
import {
  APPROVAL,
  APPROVE,
  APPROVED,
  type CaseBody,
  type CaseSetup,
  createRecord,
  createStep,
  PARKED,
  resumeRun,
} from './kit.ts';

/** Starts a run whose tasks run until the test finishes them. */
async function startTasks({ host }: CaseSetup) {
  /** `+a` when the work of `a` began, `=a` when its value was recorded. */
  const journal: string[] = [];
  const works = new Map<string, PromiseWithResolvers<void>>();
  return {
    stepRunner: await host.start(createRecord('run')),
    journal,
    task(name: string): Step<string> {
      const work = Promise.withResolvers<void>();
      works.set(name, work);
      return {
        ...createStep(name, name),
        work: async () => {
          journal.push(`+${name}`);
          await work.promise;
          return name;
        },
        onRecorded: (value) => journal.push(`=${value}`),
      };
    },
    finish: (name: string) => works.get(name)?.resolve(),
    /** Waits until the journal has `count` entries. */
    waitForEntries: (count: number) =>
      waitUntil(() => journal.length >= count, `After ${journal.join(' ')} more entries are expected.`),
  };
}

const rejectAsKilled = (): Promise<never> => Promise.reject(new Error('killed'));

async function failStep(stepRunner: StepRunner, cut: Step<string>): Promise<void> {
  await stepRunner.step({ ...cut, work: rejectAsKilled }).catch(() => undefined);
}

/** Parallel tasks, nested runs, and steps that a crash interrupts. */
export const taskCases: Readonly<Record<string, CaseBody>> = {
  'runs tasks in parallel up to the width, starts them in order, and returns values in order': async (stage) => {
    const { stepRunner, journal, task, finish, waitForEntries: happened } = await startTasks(stage);
    const all = stepRunner.parallel([task('a'), task('b'), task('c'), task('d')], { width: 2 });
    await happened(2);
    finish('b');
    await happened(4);
    finish('c');
    await happened(6);
    expectEqual(journal, ['+a', '+b', '=b', '+c', '=c', '+d'], 'A task begins when another one has ended.');
    finish('d');
    finish('a');
    expectEqual(await all, ['a', 'b', 'c', 'd'], 'The values are in the order of the tasks.');
  },

  'records each value as soon as its task ends': async (stage) => {
    const { stepRunner, journal, task, finish, waitForEntries: happened } = await startTasks(stage);
    const all = stepRunner.parallel([task('a'), task('b'), task('c')], { width: 8 });
    await happened(3);
    for (const [index, name] of ['c', 'a', 'b'].entries()) {
      finish(name);
      await happened(4 + index);
    }
    await all;
    expectEqual(journal, ['+a', '+b', '+c', '=c', '=a', '=b'], 'Values are recorded in the order in which tasks end.');
  },

  'runs an exclusive task alone': async (stage) => {
    const { stepRunner, journal, task, finish, waitForEntries: happened } = await startTasks(stage);
    const all = stepRunner.parallel([task('a'), { ...task('b'), exclusive: true }, task('c')], { width: 8 });
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await happened(1 + index * 2);
      finish(name);
    }
    expectEqual(await all, ['a', 'b', 'c'], 'The values are in the order of the tasks.');
    expectEqual(journal, ['+a', '=a', '+b', '=b', '+c', '=c'], 'Nothing runs during an exclusive task.');
  },

  'lets the other tasks finish before a failed task rejects': async (stage) => {
    const { stepRunner, journal, task, finish, waitForEntries: happened } = await startTasks(stage);
    let hasFailed = false;
    const all = stepRunner
      .parallel([{ ...task('x'), work: rejectAsKilled }, task('a')], { width: 8 })
      .catch(() => (hasFailed = true));
    await happened(1);
    expectEqual(hasFailed, false, 'The running task is awaited.');
    finish('a');
    await all;
    expectEqual(
      { hasFailed, journal },
      { hasFailed: true, journal: ['+a', '=a'] },
      'The value of the finished task is recorded.',
    );
  },

  'returns no values for no tasks': async (stage) => {
    const { stepRunner } = await startTasks(stage);
    expectEqual(await stepRunner.parallel([], { width: 1 }), [], 'The list of values is empty.');
  },

  'stores the steps and waits of a nested run below its name': async (stage) => {
    const { stepRunner } = await startTasks(stage);
    const createChild = (name: string, text: string): StepTask<unknown> => ({
      type: 'child',
      name,
      body: async (inner) => [
        await inner.step(createStep('model:1', text)),
        await inner.waitFor('approval:1.0', APPROVAL),
      ],
    });
    const createChildren = (one: string, two: string): StepTask<unknown>[] => [
      createChild('tool:1.0', one),
      createChild('tool:1.1', two),
    ];
    const [one, two] = [
      ['one', PARKED],
      ['two', PARKED],
    ] as const;
    await stepRunner.step(createStep('model:1', 'parent'));
    expectEqual(
      await stepRunner.parallel(createChildren('one', 'two'), { width: 2 }),
      [one, two],
      'Nested runs do not share steps.',
    );
    await stage.host.answer('run', 'tool:1.0/approval:1.0', APPROVE);
    const next = await resumeRun(stage.host, 'run');
    expectEqual(
      await next.parallel(createChildren('x', 'x'), { width: 2 }),
      [['one', APPROVED], two],
      'The steps of nested runs are replayed.',
    );
    expectEqual(await next.step(createStep('model:1', 'x')), 'parent', 'The step of the outer run is replayed.');
  },

  'repeats an interrupted step, or reports an unknown outcome if it is non-idempotent': async (stage) => {
    const { stepRunner } = await startTasks(stage);
    const effects = ['read', 'idempotent', 'non-idempotent'] as const;
    const onUnknownOutcome = (): string => 'unknown';
    const steps = effects.map((effect, index) =>
      createStep(`tool:1.${index}:pay`, 'did again', { effect, onUnknownOutcome }),
    );
    for (const each of steps) await failStep(stepRunner, each);
    const second = await resumeRun(stage.host, 'run');
    for (const [index, each] of steps.entries()) {
      const value = effects[index] === 'non-idempotent' ? 'unknown' : 'did again';
      expectEqual(await second.step(each), value, `An interrupted step of effect ${effects[index]}.`);
    }
    const third = await resumeRun(stage.host, 'run');
    const values = await Promise.all(steps.map((each) => third.step({ ...each, work: rejectAsKilled })));
    expectEqual(values, ['did again', 'did again', 'unknown'], 'The values are recorded.');
  },

  'runs a non-idempotent step that never began': async (stage) => {
    const { stepRunner, task, waitForEntries: happened } = await startTasks(stage);
    const waits = createStep('tool:1.1:pay', 'paid', { effect: 'non-idempotent', onUnknownOutcome: () => 'unknown' });
    void stepRunner.parallel([{ ...task('tool:1.0:pay'), effect: 'non-idempotent' }, waits], { width: 1 }); // It hangs, like the task of a killed process.
    await happened(1);
    const second = await resumeRun(stage.host, 'run');
    expectEqual(await second.step(waits), 'paid', 'The step has not begun before.');
  },

  'repeats a failed non-idempotent step in the same attempt, or without onUnknownOutcome': async (stage) => {
    const { stepRunner } = await startTasks(stage);
    const tried = createStep('tool:1.0:pay', 'paid', {
      effect: 'non-idempotent',
      onUnknownOutcome: () => 'unknown',
    });
    await failStep(stepRunner, tried);
    expectEqual(await stepRunner.step(tried), 'paid', 'The same attempt knows that the step failed.');
    const plain = createStep('tool:1.1:pay', 'paid', { effect: 'non-idempotent' });
    await failStep(stepRunner, plain);
    const second = await resumeRun(stage.host, 'run');
    expectEqual(await second.step(plain), 'paid', 'Without `onUnknownOutcome` the step runs again.');
  },
};
