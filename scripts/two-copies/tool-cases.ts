import type { Middleware } from '@pawl/core/middleware';
import {
  type Copies,
  catchError,
  createCallingAgent,
  createWorkTool,
  describeEnd,
  EMPTY_SCHEMA,
  listResults,
  respondCall,
  respondText,
  scriptModel,
  type TwoCopiesCase,
} from './copies.ts';

/** Runs an agent of `a` whose tool of `b` throws. */
async function runThrowingTool({ a, b }: Copies, error: Error): Promise<unknown> {
  const outcome = await createCallingAgent(a, { tools: [createWorkTool(b, () => Promise.reject(error))] })
    .run('Go.')
    .outcome();
  return [describeEnd(outcome), ...listResults(outcome)];
}

/** Runs an agent of `a` with middleware. */
async function runWithMiddleware({ a, b }: Copies, middleware: Middleware): Promise<unknown> {
  const tools = [createWorkTool(b, () => 'worked')];
  const outcome = await createCallingAgent(a, { tools, middleware: [middleware] })
    .run('Go.')
    .outcome();
  return [describeEnd(outcome), ...listResults(outcome)];
}

const HOST_FAILED = { code: 'host.io' } as const;

/** Interrupts a run by a `HostError`, and resumes it. */
async function runInterrupted(
  { a, b }: Copies,
  options: (fail: () => void) => Parameters<typeof createCallingAgent>[1],
): Promise<unknown> {
  let isBroken = true;
  const fail = (): void => {
    if (isBroken) throw new b.core.HostError('The disk is full.', HOST_FAILED);
  };
  const agent = createCallingAgent(a, options(fail));
  const host = a.core.memoryHost();
  const error = await catchError(() => agent.run('Go.', { host: host, runId: 'r' }).outcome());
  isBroken = false;
  const status = (await host.getRun('r')).status;
  const resumed = createCallingAgent(a, {
    ...options(fail),
    model: scriptModel(...(status === 'interrupted' ? LATER : [])),
  });
  return [
    a.core.HostError.isInstance(error) && error.message,
    status,
    describeEnd(await resumed.resume('r', { host: host }).outcome()),
  ];
}

/** The script after the interruption: only the last response is left. */
const LATER = [respondText('Done.')];

export const toolCases: readonly TwoCopiesCase[] = [
  {
    name: 'AbortRun of a tool aborts the run',
    run: (copies) => runThrowingTool(copies, new copies.b.core.AbortRun('enough')),
    expected: [['aborted', 'enough'], 'Cancelled: this call ended the run.'],
  },
  {
    name: 'RefuseRun of a tool refuses the run',
    run: (copies) => runThrowingTool(copies, new copies.b.core.RefuseRun('not that', { guard: 'g' })),
    expected: [['refused', 'not that', 'g'], 'Cancelled: this call ended the run.'],
  },
  {
    name: 'ToolError of a tool is its result, word for word',
    run: (copies) => runThrowingTool(copies, new copies.b.core.ToolError('Ask for less.')),
    expected: [['completed', 'Done.'], 'Ask for less.'],
  },
  {
    name: 'ToolTimeoutError of a tool is a timeout',
    run: (copies) => runThrowingTool(copies, new copies.b.core.ToolTimeoutError('work', 2_000)),
    expected: [['completed', 'Done.'], 'Timed out after 2 s. It may still have had its effect.'],
  },
  {
    name: 'UnknownOutcomeError of a tool is an unknown outcome',
    run: (copies) => runThrowingTool(copies, new copies.b.core.UnknownOutcomeError('The connection broke.')),
    expected: [
      ['completed', 'Done.'],
      'The connection broke.\nThe outcome of this call is unknown. It may have had its effect. Check before you repeat it.',
    ],
  },
  {
    name: 'SuspendRun of a tool suspends the run, and its answer resumes it',
    async run({ a, b }) {
      let isThere = false;
      const execute = (): unknown => {
        if (!isThere) throw new b.core.SuspendRun('waits', { preview: 'look' });
        return 'worked';
      };
      const agent = createCallingAgent(a, { tools: [createWorkTool(b, execute)] });
      const host = b.core.memoryHost();
      const suspended = await agent.run('Go.', { host: host, runId: 'r' }).outcome();
      const [pending] = suspended.status === 'suspended' ? suspended.pending : [];
      isThere = true;
      await host.answer('r', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
      const outcome = await agent.resume('r', { host: host }).outcome();
      return [describeEnd(suspended), describeEnd(outcome), ...listResults(outcome)];
    },
    expected: [['suspended', ['suspended', 'look']], ['completed', 'Done.'], 'worked'],
  },
  {
    name: 'HostError of a tool interrupts the run, which stays resumable',
    run: (copies) =>
      runInterrupted(copies, (fail) => ({
        tools: [
          createWorkTool(copies.b, () => {
            fail();
            return 'worked';
          }),
        ],
      })),
    expected: ['The disk is full.', 'interrupted', ['completed', 'Done.']],
  },
  {
    name: 'HostError of a guard interrupts the run, which stays resumable',
    run: (copies) =>
      runInterrupted(copies, (fail) => ({
        tools: [createWorkTool(copies.a, () => 'worked')],
        middleware: [
          copies.a.middleware.toolGuard({
            name: 'g',
            before: () => {
              fail();
              return { type: 'allow' };
            },
          }),
        ],
      })),
    expected: ['The disk is full.', 'interrupted', ['completed', 'Done.']],
  },
  {
    name: 'middleware aborts and refuses around requests and tools',
    async run(copies) {
      const { AbortRun, RefuseRun } = copies.b.core;
      const hooks: readonly Middleware[] = [
        { prepareTurn: () => Promise.reject(new AbortRun('plan')) },
        { wrapModelCall: () => Promise.reject(new RefuseRun('request')) },
        { wrapToolCall: () => Promise.reject(new AbortRun('call')) },
      ];
      return Promise.all(hooks.map((each) => runWithMiddleware(copies, each)));
    },
    expected: [
      [['aborted', 'plan']],
      [['refused', 'request', undefined]],
      [['aborted', 'call'], 'Cancelled: this call ended the run.'],
    ],
  },
  {
    name: 'guards refuse, deny, and rethrow what ends the run',
    async run(copies) {
      const { a, b } = copies;
      const guards: readonly Middleware[] = [
        b.middleware.inputGuard({ name: 'in', check: () => ({ type: 'refuse', reason: 'no input' }) }),
        b.middleware.outputGuard({ name: 'out', check: () => ({ type: 'refuse', reason: 'no output' }) }),
        b.middleware.toolGuard({ name: 'tool', before: () => ({ type: 'deny', reason: 'no call' }) }),
        a.middleware.inputGuard({ name: 'in', check: () => Promise.reject(new b.core.AbortRun('enough')) }),
        a.middleware.inputGuard({
          name: 'in',
          check: () => Promise.reject(new b.core.RefuseRun('not that', { guard: 'b' })),
        }),
        a.middleware.inputGuard({
          name: 'in',
          check: () => Promise.reject(new b.middleware.GuardError('unsure', { guard: 'b' })),
        }),
      ];
      return Promise.all(guards.map((each) => runWithMiddleware(copies, each)));
    },
    expected: [
      [['refused', 'no input', 'in']],
      [['refused', 'no output', 'out'], 'worked'],
      [['completed', 'Done.'], 'Denied: no call'],
      [['aborted', 'enough']],
      [['refused', 'not that', 'b']],
      [['failed', 'GuardError', 'unsure']],
    ],
  },
  {
    name: 'withToolRetry repeats a call, except after errors for the model or the run',
    async run({ a, b }) {
      const ended: unknown[] = [];
      for (const [retrying, throwing] of [
        [a, b],
        [b, a],
      ] as const) {
        const { ToolError, SuspendRun, AbortRun } = throwing.core;
        for (const error of [new ToolError('no'), new SuspendRun('waits'), new AbortRun('enough'), new Error('once')]) {
          let count = 0;
          const execute = (): unknown => {
            count++;
            if (count === 1) throw error;
            return 'worked';
          };
          const tools = retrying.middleware.withToolRetry([createWorkTool(throwing, execute)], { delayMs: 0 });
          ended.push(count, describeEnd(await createCallingAgent(a, { tools }).run('Go.').outcome()), count);
        }
      }
      return ended.filter((_, index) => index % 3 !== 0);
    },
    expected: [0, 1].flatMap(() => [
      ...[['completed', 'Done.'], 1],
      ...[['suspended', ['suspended', 'waits']], 1],
      ...[['aborted', 'enough'], 1],
      ...[['completed', 'Done.'], 2],
    ]),
  },
  {
    name: 'content parts of a tool reach the model',
    async run({ a, b }) {
      const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
      const execute = (): unknown => b.core.contentParts({ type: 'text', text: 'A picture.' }, image);
      const outcome = await createCallingAgent(a, { tools: [createWorkTool(b, execute)] })
        .run('Go.')
        .outcome();
      const [, , result, shown] = outcome.messages;
      return [result?.content, shown?.content];
    },
    expected: [
      'A picture.',
      [
        { type: 'text', text: 'From work (call_1):' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      ],
    ],
  },
  {
    name: 'a tool is sent in its strict form, and its wrappers keep it',
    async run({ a, b }) {
      const input = b.core.jsonSchema<unknown>({ type: 'object', properties: { city: { type: 'string' } } });
      const made = b.core.tool({ name: 'work', description: 'Works.', input, execute: () => 1 });
      const sent: unknown[] = [];
      const model = a.core.openai('m', {
        apiKey: 'k',
        baseURL: 'https://api.openai.com/v1',
        fetch: async (_, init) => {
          const body = (await new Response(init?.body).json()) as { readonly tools: readonly unknown[] }; // The body of the request.
          sent.push(...body.tools);
          return Response.json(respondText('Done.'));
        },
      });
      const tools = [
        made,
        ...b.middleware.prefixTools([made], 'b_'),
        ...a.middleware.requireApproval(a.middleware.prefixTools([made], 'a_')),
      ];
      await new a.core.Agent({ model, tools }).run('Go.').outcome();
      return sent.map((each) => (each as { readonly function: { readonly strict?: boolean } }).function.strict);
    },
    expected: [true, true, true],
  },
  {
    name: 'an agent of the other copy as a tool or a handoff is refused at once',
    async run({ a, b }) {
      const other = new b.core.Agent({ name: 'other', model: scriptModel() });
      const model = scriptModel(respondCall('other'));
      const asTool = other.asTool({ name: 'other', description: 'Helps.' });
      const definitions = [
        { tools: [asTool] },
        { tools: a.middleware.requireApproval([asTool]) },
        { handoffs: [other] },
        { handoffs: [other.asHandoff()] },
        { handoffs: () => [other] },
      ];
      const errors = definitions.map((each) =>
        catchError(() => new a.core.Agent({ name: 'first', model, ...each }).run('Go.')),
      );
      return (await Promise.all(errors)).map((error) =>
        a.core.ConfigError.isInstance(error) ? [error.code, error.message.replace(/ comes from.*/, '')] : error,
      );
    },
    expected: [
      ['config.two_copies', 'Agent "first": tools[0], agent "other",'],
      ['config.two_copies', 'Agent "first": tools[0], agent "other",'],
      ['config.two_copies', 'Agent "first": handoffs[0], agent "other",'],
      ['config.two_copies', 'Agent "first": handoffs[0], agent "other",'],
      ['config.two_copies', 'Agent "first": handoffs[0], agent "other",'],
    ],
  },
  {
    name: 'schemas and custom tools of the other copy work',
    async run({ a, b }) {
      const input = b.core.jsonSchema<unknown>(EMPTY_SCHEMA);
      const made = a.core.tool({ name: 'work', description: 'Works.', input, execute: () => 'worked' });
      const custom = b.core.customTool({ name: 'write', description: 'Writes.', execute: (text) => `wrote ${text}` });
      const outcome = await createCallingAgent(a, { tools: [made, custom] })
        .run('Go.')
        .outcome();
      return listResults(outcome);
    },
    expected: ['worked'],
  },
];
