import { ConfigError, memoryHost } from '@pawl/core';
import { type FlowScope, flow } from '@pawl/core/flow';
import { APPROVALS, agent, type Factory, INPUT, look, pass } from './factory.ts';

const any = flow({ name: 'any', run: async (given: unknown) => given });

/** Runs code in a flow, and rejects with its error if that is one about options. */
async function tryInFlow(work: (scope: FlowScope) => Promise<unknown>): Promise<void> {
  let wrong: unknown;
  const trying = flow({
    name: 'trying',
    run: async (_: unknown, scope) => {
      await work(scope).catch((error: unknown) => {
        wrong = error;
      });
    },
  });
  await trying.run('x').outcome();
  if (ConfigError.isInstance(wrong)) throw wrong;
}

const STEP_NAMES: Factory['wrong'] = [
  [{ step: '' }, 'step is the text "". Name the step'],
  [{ step: 'a/b' }, 'step is the text "a/b". Name the step'],
  [{ name: 'a' }, 'there is no option "name". The option is "step".'],
];

export const flows: readonly Factory[] = [
  {
    name: 'flow',
    covers: ['FlowOptions'],
    make: (options) => flow(options),
    valid: { name: 'x', run: pass },
    wrong: [
      [{ name: '' }, 'name is the text "". Pass a text.'],
      [{ run: undefined }, 'run is undefined. Pass the code'],
      [{ execute: pass }, 'The option is "run"'],
      [{ version: 2 }, 'version is 2. Pass a text.'],
      [{ limits: { turns: 3 } }, 'A flow has no turns.'],
      [{ limits: { cost: '1' } }, 'limits.cost is the text "1". Pass a number.'],
      [{ agents: [] }, 'Agents are in the code'],
      [{ listeners: { text: pass } }, 'there is no event "text". Did you mean "text.delta"?'],
      [{ instrumentation: {} }, 'instrumentation is an object without instrumentRun'],
    ],
  },
  {
    name: 'flow.run',
    covers: ['FlowRunOptions'],
    make: (options) => any.run('x', options),
    valid: { runId: 'r' },
    isOptional: true,
    wrong: [
      [{ conversation: {} }, 'A flow has no conversation.'],
      [{ modelSettings: {} }, 'A flow has no model.'],
      [{ host: {} }, 'which is not a host'],
      [{ limits: { handoffs: 3 } }, 'A flow has no handoffs.'],
    ],
  },
  {
    name: 'flow.resume',
    covers: ['FlowResumeOptions'],
    make: (options) => any.resume('r', options),
    valid: { host: memoryHost() },
    wrong: [[{ runId: 'x' }, 'The id comes first']],
  },
  {
    name: 'flow.enqueue',
    covers: ['FlowEnqueueOptions'],
    make: (options) => any.enqueue('x', options),
    valid: { host: memoryHost() },
    wrong: [
      [{ host: undefined }, 'there is no host. Pass { host }.'],
      [{ context: 1 }, 'Pass it where the run is resumed'],
    ],
  },
  {
    name: 'flow.asTool',
    covers: ['FlowToolOptions'],
    make: (options) => any.asTool(options),
    valid: { name: 'any', description: 'Anything.' },
    wrong: [
      ...APPROVALS,
      [{ prompt: pass }, 'The option is "toInput".'],
      [{ execute: pass }, 'A flow needs no execute.'],
    ],
  },
  {
    name: 'run in a flow',
    covers: ['ChildRunOptions'],
    make: (options) => tryInFlow(({ run }) => run(agent, 'x', options)),
    valid: { step: 'a' },
    wrong: [
      ...STEP_NAMES,
      [{ limits: { tokens: 'many' } }, 'limits.tokens is the text "many". Pass a number.'],
      [{ context: 1 }, 'The run inside has the context of the outer run.'],
    ],
  },
  {
    name: 'call in a flow',
    covers: [],
    make: (options) => tryInFlow(({ call }) => call(look, {}, options)),
    valid: { step: 'a' },
    wrong: STEP_NAMES,
  },
  {
    name: 'ask in a flow',
    covers: ['AskOptions'],
    make: (options) => tryInFlow(({ ask }) => ask('Well?', options)),
    valid: { step: 'a' },
    wrong: [
      ...STEP_NAMES,
      [{ timeoutMs: '5' }, 'timeoutMs is the text "5". Pass a number.'],
      [{ schema: INPUT }, 'The option is "answer".'],
    ],
  },
  {
    name: 'step in a flow',
    covers: ['PlainStepOptions'],
    make: (options) => tryInFlow(({ step }) => step('a', () => 1, options)),
    valid: { effect: 'read' },
    isOptional: true,
    wrong: [[{ effect: 'once' }, 'effect is the text "once".']],
  },
];
