import { type Answer, contentParts, customTool, type PendingCall, stopOnTool, type Tool, ToolError } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { respond } from '@pawl/testing';
import { z } from 'zod';
import { cityTool, type Scenario, type Stage } from './scenario.ts';
import { asks, look, pay, refund } from './scenario-tools.ts';
import { compacted, referred } from './scenarios-compacted.ts';
import { guarded, refusing, waiting } from './scenarios-guarded.ts';
import { handedOver, shownLess, summarised } from './scenarios-handed.ts';
import { repeated } from './scenarios-repeated.ts';
import { searched } from './scenarios-searched.ts';
import { steered, steeredGuarded } from './scenarios-steered.ts';
import { fromOutside, subAgents } from './scenarios-within.ts';

const fail = cityTool('fail', {
  effect: 'non-idempotent',
  execute(city) {
    throw city === 'Oslo' ? new ToolError('No way to Oslo.') : new Error('It broke.');
  },
});
const picture = cityTool('picture', {
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
    respond.calls([asks('look', 'Oslo'), asks('pay', 'Oslo'), asks('look', 'Rome')]),
    respond.calls([asks('pay', 'Rome'), asks('pay', 'Bern')], { text: 'Now the rest. ' }),
    respond.text('All paid.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { tokens: 10_000 } }),
};

const corrections: Scenario = {
  name: 'corrections after bad arguments, an unknown tool and tools that throw',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'look', arguments: { city: 5 } },
      { name: 'look', arguments: '{"city": ' },
      asks('lok', 'Oslo'),
      asks('fail', 'Oslo'),
      asks('fail', 'Rome'),
    ]),
    respond.calls([asks('look', 'Oslo')], { finishReason: 'stop' }),
    respond.text('Corrected.'),
  ],
  agent: (stage) => ({ tools: [look(stage), fail(stage)] }),
};

const approval: Scenario = {
  name: 'approve, deny and edit, with siblings',
  status: 'completed',
  turns: [
    respond.calls([
      asks('refund', 'Oslo'),
      asks('pay', 'Bern'),
      asks('refund', 'Rome'),
      asks('look', 'Rome'),
      asks('refund', 'Paris'),
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
  name: 'structured output with a correction',
  status: 'completed',
  turns: [respond.text('{"city": 5}'), respond.text('{"city": "Oslo"}')],
  agent: () => ({ output: z.object({ city: z.string() }) }),
};

const lastTurn: Scenario = {
  name: 'a turns limit with a last turn',
  status: 'limited',
  turns: [respond.calls([asks('look', 'Oslo'), asks('pay', 'Rome')]), respond.text('What I have.')],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { turns: 2 } }),
};

const refusedBatch: Scenario = {
  name: 'a batch that would pass the limit of tool calls',
  status: 'limited',
  turns: [
    respond.call('look', { city: 'Oslo' }),
    respond.calls([asks('look', 'Rome'), asks('pay', 'Rome')]),
    respond.text('What I have.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], limits: { toolCalls: 2 } }),
};

const askedAgain: Scenario = {
  name: 'an empty and a cut reply that are asked for again',
  status: 'completed',
  turns: [
    respond.empty(),
    respond.calls([asks('pay', 'Oslo')], { text: 'I will', finishReason: 'length' }),
    respond.call('pay', { city: 'Oslo' }),
    respond.text('Paid.'),
  ],
  agent: (stage) => ({ tools: [pay(stage)] }),
};

const retries: Scenario = {
  name: 'retries after a 503 and a stream that was cut',
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
    respond.calls([asks('look', 'Oslo'), asks('pay', 'Oslo')]),
    respond.calls([asks('pay', 'Rome'), asks('look', 'Rome')]),
    respond.text('Wrapped.'),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage)], middleware: [wrapping, vetoing] }),
};

const images: Scenario = {
  name: 'images in results',
  status: 'completed',
  turns: [
    respond.calls([asks('picture', 'Oslo'), asks('look', 'Oslo'), asks('picture', 'Rome')]),
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
  name: 'custom tools whose input is text, in both forms of call',
  status: 'completed',
  turns: [
    respond.calls([
      { name: 'note', input: 'One.\n{' },
      { name: 'refund', input: 'All of it.' },
      { name: 'look', input: '{"city":"Oslo"}' },
      { name: 'nowhere', input: 'x' },
      { name: 'refund', arguments: { input: 'Half.' } },
    ]),
    respond.calls([{ name: 'note', arguments: {} }, asks('look', 'Rome')]),
    respond.custom('note', ''),
    respond.text('Noted.'),
  ],
  agent: (stage) => ({
    tools: [writtenTool('note', stage), { ...writtenTool('refund', stage), needsApproval: true }, look(stage)],
  }),
  answer: ({ id, fingerprint }) =>
    id === 'approval:1.1' ? { type: 'edit', fingerprint, arguments: 'Some of it.' } : { type: 'approve', fingerprint },
};

function writtenTool(name: string, { started }: Stage): Tool<unknown> {
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

/** In doubt after a crash it would not have finished, and end nothing. */
const submit = cityTool('submit', { effect: 'idempotent' });

const stopping: Scenario = {
  name: 'a tool whose value ends the run',
  status: 'completed',
  turns: [
    respond.calls([asks('pay', 'Oslo'), { name: 'submit', arguments: { town: 'Oslo' } }]),
    respond.calls([asks('look', 'Rome'), asks('submit', 'Rome'), asks('look', 'Bern')]),
  ],
  agent: (stage) => ({ tools: [look(stage), pay(stage), submit(stage)], stopWhen: stopOnTool('submit') }),
};

/** A feature joins all invariants by one more of these. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'plain text',
    status: 'completed',
    turns: [respond.text('Hello, you there.')],
    agent: () => ({ instructions: 'Be brief.' }),
  },
  parallel,
  corrections,
  approval,
  structured,
  lastTurn,
  refusedBatch,
  askedAgain,
  retries,
  middleware,
  images,
  unknownFields,
  refusal,
  customTools,
  stopping,
  subAgents,
  fromOutside,
  repeated,
  guarded,
  waiting,
  refusing,
  handedOver,
  summarised,
  shownLess,
  compacted,
  referred,
  searched,
  steered,
  steeredGuarded,
];
