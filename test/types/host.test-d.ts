import {
  Agent,
  type Answer,
  type AsToolOptions,
  type ChatModel,
  type Host,
  jsonSchema,
  memoryHost,
  type PendingCall,
  type Run,
  type Tool,
  type ToolContext,
  tool,
} from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import type { DefinitionRecord, JournalEvent } from '@pawl/core/events';
import type {
  ClaimResult,
  EnqueueOptions,
  ForkOptions,
  RecordedEvent,
  Resumable,
  ResumableWithContext,
  RunProgress,
  RunRecord,
  RunSummary,
  Step,
  StepRunner,
  Wait,
  WaitResult,
} from '@pawl/core/host';
import { requireApproval } from '@pawl/core/middleware';
import { type SqliteHost, sqliteHost } from '@pawl/core/sqlite';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;
declare const host: Host;

interface WithUser {
  readonly user: { readonly id: number };
}

const input = z.object({ city: z.string() });
const plain = tool({ name: 'plain', description: 'Plain.', input, execute: ({ city }) => city });
const who = tool({
  name: 'who',
  description: 'Needs a user.',
  input,
  execute: (_, { context }: { readonly context: WithUser }) => context.user.id,
});

describe('tool()', () => {
  test('accepts a missing execute, but not undefined', () => {
    expectTypeOf(tool({ name: 'ask', description: 'Asks.', input })).toEqualTypeOf<
      Tool<unknown, { city: string }, unknown>
    >();
    // @ts-expect-error: execute has to be a function
    tool({ name: 'ask', description: 'Asks.', input, execute: undefined });
  });

  test("accepts onUnknownOutcome as 'ask' or as a function with the input of execute", () => {
    const basics = { name: 'pay', description: 'Pays.', input, execute: () => 1 } as const;
    tool({ ...basics, onUnknownOutcome: 'ask' });
    tool({ ...basics, onUnknownOutcome: (given) => expectTypeOf(given).toEqualTypeOf<{ city: string }>() });
    // @ts-expect-error: only 'ask' exists
    tool({ ...basics, onUnknownOutcome: 'tell' });
  });

  test('passes its input to preview and needsApproval', () => {
    const basics = { name: 'pay', description: 'Pays.', input, execute: () => 1 } as const;
    tool({ ...basics, needsApproval: ({ city }) => city === 'Oslo', preview: ({ city }) => ({ city }) });
    // @ts-expect-error: the schema has no "town"
    tool({ ...basics, needsApproval: ({ town }) => town === 'Oslo' });
    // @ts-expect-error: a preview is JSON
    tool({ ...basics, preview: () => () => 1 });
  });

  test('needs the contexts of its approval rule and of itself when wrapped', () => {
    expectTypeOf(requireApproval([plain], () => true)).toExtend<readonly Tool<unknown>[]>();
    const guarded = requireApproval([plain], (_, { context }: ToolContext<WithUser>) => context.user.id === 1);
    const agent = new Agent({ model, tools: guarded });
    agent.run('Hello', { context: { user: { id: 1 } } });
    // @ts-expect-error: the rule needs a user
    agent.run('Hello');
  });
});

describe('an agent as a tool', () => {
  const agent = new Agent({ model, tools: [plain] });

  test('accepts a prompt, or an input schema', () => {
    expectTypeOf(agent.asTool({ name: 'a', description: 'A.' })).toEqualTypeOf<
      Tool<unknown, { readonly prompt: string }, string>
    >();
    agent.asTool({
      name: 'a',
      description: 'A.',
      input,
      prompt: (given) => {
        expectTypeOf(given).toEqualTypeOf<{ city: string }>();
        return given.city;
      },
    });
    agent.asTool({ name: 'a', description: 'A.', input: jsonSchema<{ city: string }>({ type: 'object' }) });
    // @ts-expect-error: an agent has no execute
    agent.asTool({ name: 'a', description: 'A.', execute: () => 1 });
  });

  test('has no deadline and no effect', () => {
    expectTypeOf<AsToolOptions<unknown, unknown>>().not.toHaveProperty('timeoutMs');
    expectTypeOf<AsToolOptions<unknown, unknown>>().not.toHaveProperty('effect');
  });

  test('needs the context of its tools', () => {
    const needy = new Agent({ model, tools: [who] }).asTool({ name: 'a', description: 'A.' });
    expectTypeOf(needy).toEqualTypeOf<Tool<WithUser, { readonly prompt: string }, string>>();
    const outer = new Agent({ model, tools: [needy] });
    outer.run('Hello', { context: { user: { id: 1 } } });
    // @ts-expect-error: the context is missing
    outer.run('Hello');
  });
});

describe('a run', () => {
  const agent = new Agent({ model, version: '1', output: z.number() });

  test('has the same type when resumed', () => {
    expectTypeOf(agent.resume('id', { host })).toEqualTypeOf<Run<number>>();
    agent.resume('id', { host, onVersionMismatch: 'continue' });
    // @ts-expect-error: resume needs a host
    agent.resume('id');
    // @ts-expect-error: only 'fail' and 'continue' exist
    agent.resume('id', { host, onVersionMismatch: 'ignore' });
  });

  test('attaches to an existing run by an option', () => {
    agent.run('Go.', { host, runId: 'id', onExistingRun: 'attach' });
    // @ts-expect-error: only 'attach' and 'fail' exist
    agent.run('Go.', { host, runId: 'id', onExistingRun: 'replace' });
    // @ts-expect-error: a new run has no version
    agent.run('Go.', { host, onVersionMismatch: 'continue' });
  });

  test('has its pending calls when suspended', () => {
    expectTypeOf<PendingCall['reason']>().toEqualTypeOf<
      'approval' | 'external_result' | 'unknown_outcome' | 'suspended'
    >();
    expectTypeOf<PendingCall['accepts']>().toEqualTypeOf<
      readonly ('approve' | 'approve_always' | 'deny' | 'edit' | 'result' | 'resume')[]
    >();
  });

  test('has the definition of its agent if its record has none', () => {
    agent.run('Go.').on('run.started', ({ definition }) => {
      expectTypeOf(definition).toEqualTypeOf<DefinitionRecord | undefined>();
    });
  });
});

describe('an answer', () => {
  test('has the fingerprint of its call', async () => {
    const fingerprint = 'f';
    await host.answer('run', 'approval:1.0', { type: 'approve', fingerprint });
    await host.answer('run', 'approval:1.0', { type: 'deny', fingerprint, reason: 'No.' });
    await host.answer('run', 'approval:1.0', { type: 'edit', fingerprint, arguments: { city: 'Oslo' } });
    await host.answer('run', 'approval:1.0', { type: 'result', fingerprint, value: null });
    // @ts-expect-error: the fingerprint is missing
    await host.answer('run', 'approval:1.0', { type: 'approve' });
    // @ts-expect-error: a result has a value
    await host.answer('run', 'approval:1.0', { type: 'result', fingerprint });
    // @ts-expect-error: the value is JSON
    await host.answer('run', 'approval:1.0', { type: 'result', fingerprint, value: new Map() });
    // @ts-expect-error: this answer does not exist
    await host.answer('run', 'approval:1.0', { type: 'yes', fingerprint });
  });
});

describe('a host', () => {
  test('has one type for all implementations', () => {
    expectTypeOf(memoryHost()).toEqualTypeOf<Host>();
    expectTypeOf(sqliteHost('runs.db')).toEqualTypeOf<SqliteHost>();
    expectTypeOf<SqliteHost>().toExtend<Host>();
  });

  test('returns the ids of new runs', async () => {
    expectTypeOf(host.enqueue('agent', 'Go.')).resolves.toEqualTypeOf<string>();
    expectTypeOf(host.fork('run', { before: 'model:2' })).resolves.toEqualTypeOf<string>();
    expectTypeOf<EnqueueOptions>().toEqualTypeOf<{
      readonly runId?: string;
      readonly limits?: RunRecord['limits'];
      readonly metadata?: RunRecord['metadata'];
      readonly state?: RunRecord['metadata'];
      readonly traceparent?: string;
      readonly tracestate?: string;
      readonly owner?: string;
    }>();
    // @ts-expect-error: `before` is missing
    await host.fork('run', {});
    // @ts-expect-error: limits are numbers
    await host.enqueue('agent', 'Go.', { limits: { turns: 'many' } });
    expectTypeOf<ForkOptions['input']>().toEqualTypeOf<string | readonly Message[] | undefined>();
    expectTypeOf<Parameters<Host['enqueue']>[1]>().toEqualTypeOf<
      string | readonly Message[] | { readonly input: Json }
    >();
  });

  test('returns the progress of a run', async () => {
    expectTypeOf(host.followRun('run', { after: 3 })).toEqualTypeOf<AsyncIterable<RecordedEvent>>();
    expectTypeOf<RecordedEvent['event']>().toEqualTypeOf<JournalEvent>();
    expectTypeOf<RunSummary['status']>().toEqualTypeOf<RunProgress['status']>();
    await host.listRuns({ status: 'interrupted', agent: 'agent', limit: 5 });
    const [last] = await host.listRuns({ conversation: 'chat', metadata: { user: 'ada' }, since: 5, order: 'desc' });
    if (last !== undefined) await host.listRuns({ after: last.position });
    // @ts-expect-error: the order is 'asc' or 'desc'
    await host.listRuns({ order: 'newest' });
    // @ts-expect-error: metadata is JSON
    await host.listRuns({ metadata: { at: new Date() } });
    // @ts-expect-error: this status does not exist
    await host.listRuns({ status: 'paused' });
  });

  test('resumes agents and requires the context of those that need one', async () => {
    const lite = sqliteHost('runs.db');
    expectTypeOf(lite.resumeAll([new Agent({ model })])).resolves.toEqualTypeOf<readonly Run<string>[]>();
    const needy = new Agent({ model, tools: [who] });
    expectTypeOf(new Agent({ model })).toExtend<Resumable<Run<string>>>();
    await lite.resumeAll([{ agent: needy, context: ({ metadata }) => ({ user: { id: Number(metadata['user']) } }) }]);
    // @ts-expect-error: the context is missing
    await lite.resumeAll([needy]);
    expectTypeOf<ResumableWithContext<unknown>['context']>().parameter(0).toEqualTypeOf<RunRecord>();
  });
});

describe('the port Host', () => {
  test('has three typed ways to record a value', async () => {
    const durable = {} as StepRunner;
    const step = {} as Step<number>;
    expectTypeOf(durable.step(step)).resolves.toEqualTypeOf<number>();
    expectTypeOf(durable.parallel([step], { width: 2 })).resolves.toEqualTypeOf<readonly number[]>();
    const waited = await durable.waitFor<Answer>('approval:1.0', {
      fingerprint: 'f',
      accepts: ['approve'],
      ahead: true,
    });
    expectTypeOf(waited).toEqualTypeOf<WaitResult<Answer>>();
    if (waited.type === 'answered') expectTypeOf(waited.value).toEqualTypeOf<Answer>();
    // @ts-expect-error: the wait is not answered
    if (waited.type === 'parked') waited.value;
    expectTypeOf<Wait['accepts']>().toEqualTypeOf<PendingCall['accepts']>();
  });

  test('has three results of a claim', () => {
    const opened = {} as ClaimResult;
    // @ts-expect-error: the run may have finished
    opened.stepRunner;
    if (opened.type === 'claimed') expectTypeOf(opened.stepRunner).toEqualTypeOf<StepRunner>();
    if (opened.type === 'busy') expectTypeOf(opened).not.toHaveProperty('stepRunner');
  });
});
