import { type Answer, contentParts, customTool, type PendingCall, stopOnTool, type Tool, ToolError } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import { defineCityTool, type Scenario, type ScenarioSetup } from './scenario.ts';
import { createCall, look, pay, refund } from './scenario-tools.ts';
import { compacted, referred } from './scenarios-compaction.ts';
import { approvedForGood, lastAgentFirst } from './scenarios-conversations.ts';
import { research } from './scenarios-flows.ts';
import { guarded, refusing, resumed, waiting } from './scenarios-guards.ts';
import { handedOver, shownLess, summarised } from './scenarios-handoffs.ts';
import { innerRuns } from './scenarios-inner-runs.ts';
import { askedAgents, cappedRequests, fromOutside, subAgents } from './scenarios-nested.ts';
import { repeated } from './scenarios-repeated-requests.ts';
import { remembered } from './scenarios-state.ts';
import { guardedSteering, steering } from './scenarios-steering.ts';
import { searched } from './scenarios-tool-search.ts';

const fail = defineCityTool('fail', {
  effect: 'non-idempotent',
  execute(city) {
    throw city === 'Oslo' ? new ToolError('No way to Oslo.') : new Error('It broke.');
  },
});
const picture = defineCityTool('picture', {
  execute: (city) =>
    contentParts(
      { type: 'text', text: `A picture of ${city}.` },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
    ),
});

const parallel: Scenario = {
  name: 'several turns with parallel calls',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo'), createCall('pay', 'Oslo'), createCall('look', 'Rome')]),
    respond.calls([createCall('pay', 'Rome'), createCall('pay', 'Bern')], { text: 'Now the rest. ' }),
    respond.text('All paid.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { tokens: 10_000 } }),
};

const inputRetries: Scenario = {
  name: 'retries after invalid arguments, an unknown tool and tools that throw',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'look', arguments: { city: 5 } },
      { name: 'look', arguments: '{"city": ' },
      createCall('lok', 'Oslo'),
      createCall('fail', 'Oslo'),
      createCall('fail', 'Rome'),
    ]),
    respond.calls([createCall('look', 'Oslo')], { finishReason: 'stop' }),
    respond.text('Corrected.'),
  ],
  agent: (stage) => ({ tools: [look(stage), fail(stage)] }),
};

const approval: Scenario = {
  name: 'approve, deny and edit among other calls',
  status: 'completed',
  turns: [
    respond.calls([
      createCall('refund', 'Oslo'),
      createCall('pay', 'Bern'),
      createCall('refund', 'Rome'),
      createCall('look', 'Rome'),
      createCall('refund', 'Paris'),
    ]),
    respond.call('refund', { city: 'Lima' }),
    respond.text('Answered.'),
  ],
  agent: (stage) => ({ tools: [refund(stage), pay(stage), look(stage)] }),
  answer,
};

function answer({ id, fingerprint }: PendingCall): Answer {
  if (id === 'approval:1.2') return { type: 'deny', fingerprint, reason: 'Not Rome.' };
  if (id === 'approval:1.4') return { type: 'edit', fingerprint, arguments: { city: 'Nice' } };
  return { type: 'approve', fingerprint };
}

const structured: Scenario = {
  name: 'structured output with a retry',
  status: 'completed',
  turns: [respond.text('{"city": 5}'), respond.text('{"city": "Oslo"}')],
  agent: () => ({ output: z.object({ city: z.string() }) }),
};

const validated: Scenario = {
  name: 'an output that a validator with a request of its own rejects',
  status: 'completed',
  requestCount: 2,
  turns: [
    respond.text('{"city": "Oslo"}'),
    respond.text('There is no train to Oslo.'),
    respond.text('{"city": "Rome"}'),
    respond.text('Fine.'),
  ],
  agent: ({ model }) => ({
    output: z.object({ city: z.string() }),
    async validate(value, { callModel }) {
      const content = `Is it right? ${JSON.stringify(value)}`;
      const { choices } = await callModel(model, { messages: [{ role: 'user', content }] });
      const verdict = choices[0].message.content;
      return verdict === 'Fine.' ? undefined : String(verdict);
    },
    limits: { tokens: 10_000 },
  }),
};

const lastTurn: Scenario = {
  name: 'a turn limit with a last turn',
  status: 'limited',
  turns: [respond.calls([createCall('look', 'Oslo'), createCall('pay', 'Rome')]), respond.text('What I have.')],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { turns: 2 } }),
};

const refusedBatch: Scenario = {
  name: 'a batch that would exceed the limit on tool calls',
  status: 'limited',
  turns: [
    respond.call('look', { city: 'Oslo' }),
    respond.calls([createCall('look', 'Rome'), createCall('pay', 'Rome')]),
    respond.text('What I have.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { toolCalls: 2 } }),
};

const reprompted: Scenario = {
  name: 'an empty and a truncated response that are reprompted',
  status: 'completed',
  turns: [
    respond.empty(),
    respond.calls([createCall('pay', 'Oslo')], { text: 'I will', finishReason: 'length' }),
    respond.call('pay', { city: 'Oslo' }),
    respond.text('Paid.'),
  ],
  agent: (stage) => ({ tools: [pay(stage)] }),
};

const retries: Scenario = {
  name: 'retries after a 503 and a cut stream',
  status: 'completed',
  turns: [
    [respond.httpError(503), respond.call('look', { city: 'Oslo' })],
    [respond.cut(respond.text('Half of an answer.'), { afterChunks: 2 }), respond.text('A whole answer.')],
  ],
  agent: (stage) => ({ tools: [look(stage)], limits: { tokens: 10_000 } }),
};

const wrapping: Middleware = {
  async prepareTurn(plan) {
    const note = { role: 'user', content: `Turn ${plan.turn}.` } as const;
    return { ...plan, messages: [...plan.messages, note], tools: plan.turn < 3 ? plan.tools : [] };
  },
  wrapModelCall: (request, next) => next({ ...request, temperature: 0 }),
  async wrapToolCall(call, next) {
    const result = await next(call);
    return { ...result, content: `(${result.content})` };
  },
};

/** Asks for other fields and instructions in the second turn. */
const retuning: Middleware = {
  prepareTurn(plan) {
    if (plan.turn !== 2) return plan;
    return {
      ...plan,
      modelSettings: { ...plan.modelSettings, temperature: 1 },
      instructions: `${plan.instructions} Now.`,
    };
  },
};

const retuned: Scenario = {
  name: 'request fields, instructions and a tool choice of one turn',
  status: 'completed',
  turns: [respond.call('look', { city: 'Oslo' }), respond.call('pay', { city: 'Oslo' }), respond.text('Tuned.')],
  agent: (stage) => ({
    tools: [look(stage), pay(stage)],
    instructions: { eachTurn: (_, { turn, messages }) => `Turn ${turn}, after ${messages.length}.` },
    toolChoice: { first: 'required' },
    modelSettings: { seed: 1 },
    middleware: [retuning],
  }),
};

const vetoing: Middleware = {
  async wrapToolCall(call, next) {
    if (call.call.id === 'call_2') throw new ToolError('Not in this house.');
    return next(call);
  },
};

const middleware: Scenario = {
  name: 'middleware around the turn, the model and the tools',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo'), createCall('pay', 'Oslo')]),
    respond.calls([createCall('pay', 'Rome'), createCall('look', 'Rome')]),
    respond.text('Wrapped.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], middleware: [wrapping, vetoing] }),
};

const images: Scenario = {
  name: 'images in results',
  status: 'completed',
  turns: [
    respond.calls([createCall('picture', 'Oslo'), createCall('look', 'Oslo'), createCall('picture', 'Rome')]),
    respond.text('Nice pictures.'),
  ],
  agent: (stage) => ({ tools: [picture(stage), look(stage)] }),
};

const unknownFields: Scenario = {
  name: 'reasoning and unknown fields that are kept',
  status: 'completed',
  turns: [
    respond.message({
      role: 'assistant',
      content: 'Looking.',
      reasoning_content: 'They want Oslo.',
      tool_calls: [
        {
          type: 'function',
          function: { name: 'look', arguments: '{"city":"Oslo"}' },
          extra_content: { google: { thought_signature: 'c2ln' } },
        },
      ],
    }),
    respond.message({ role: 'assistant', content: 'Seen.', reasoning_content: 'Done with it.' }),
  ],
  agent: (stage) => ({ tools: [look(stage)] }),
};

const refusal: Scenario = {
  name: 'a refusal',
  status: 'refused',
  turns: [respond.call('look', { city: 'Oslo' }), respond.refusal('I will not say more.')],
  agent: (stage) => ({ tools: [look(stage)] }),
};

const customTools: Scenario = {
  name: 'custom tools with text input, in both forms of call',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'note', input: 'One.\n{' },
      { name: 'refund', input: 'All of it.' },
      { name: 'look', input: '{"city":"Oslo"}' },
      { name: 'nowhere', input: 'x' },
      { name: 'refund', arguments: { input: 'Half.' } },
    ]),
    respond.calls([{ name: 'note', arguments: {} }, createCall('look', 'Rome')]),
    respond.custom('note', ''),
    respond.text('Noted.'),
  ],
  agent: (stage) => ({
    tools: [createTextTool('note', stage), { ...createTextTool('refund', stage), needsApproval: true }, look(stage)],
  }),
  answer: ({ id, fingerprint }) =>
    id === 'approval:1.1' ? { type: 'edit', fingerprint, arguments: 'Some of it.' } : { type: 'approve', fingerprint },
};

function createTextTool(name: string, { started }: ScenarioSetup): Tool<unknown> {
  return customTool({
    name,
    description: `Writes a ${name}.`,
    effect: name === 'refund' ? 'non-idempotent' : 'read',
    async execute(text, { idempotencyKey }) {
      started.push(idempotencyKey);
      return `${name}: ${text}`;
    },
  });
}

/** Idempotent: a repeated call would otherwise have an unknown outcome after a crash, and not end the run. */
const submit = defineCityTool('submit', { effect: 'idempotent' });

const stopping: Scenario = {
  name: 'a tool whose value ends the run',
  status: 'completed',
  turns: [
    respond.calls([createCall('pay', 'Oslo'), { name: 'submit', arguments: { town: 'Oslo' } }]),
    respond.calls([createCall('look', 'Rome'), createCall('submit', 'Rome'), createCall('look', 'Bern')]),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage), submit(stage)], stopWhen: stopOnTool('submit') }),
};

const stoppingTyped: Scenario = {
  name: 'a tool whose value is the checked output of the run',
  status: 'completed',
  turns: [
    respond.calls([createCall('look', 'Oslo')]),
    respond.calls([createCall('report', 'Rome'), createCall('pay', 'Rome')]),
  ],
  agent: (stage) => ({
    tools: [
      look(stage),
      pay(stage),
      defineCityTool('report', { effect: 'idempotent', execute: (city) => ({ city }) })(stage),
    ],
    output: z.object({ city: z.string() }),
    validate: (value) => ((value as { city: string }).city === 'Rome' ? undefined : 'Not there.'),
    stopWhen: stopOnTool('report'),
  }),
};

/** A new feature joins all invariants by one more scenario. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'plain text',
    status: 'completed',
    turns: [respond.text('Hello, you there.')],
    agent: () => ({ instructions: 'Be brief.' }),
  },
  parallel,
  inputRetries,
  approval,
  structured,
  validated,
  lastTurn,
  refusedBatch,
  reprompted,
  retries,
  middleware,
  retuned,
  images,
  unknownFields,
  refusal,
  customTools,
  stopping,
  stoppingTyped,
  subAgents,
  innerRuns,
  research,
  askedAgents,
  cappedRequests,
  fromOutside,
  repeated,
  guarded,
  waiting,
  resumed,
  refusing,
  handedOver,
  summarised,
  shownLess,
  approvedForGood,
  lastAgentFirst,
  compacted,
  referred,
  searched,
  remembered,
  steering,
  guardedSteering,
];
