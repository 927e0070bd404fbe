import {
  Agent,
  type Host,
  HostError,
  jsonSchema,
  type Outcome,
  type Run,
  type RunEvent,
  type Tool,
  tool,
} from '@pawl/core';
import type { Json, Message } from '@pawl/core/chat';
import { type Flow, flow } from '@pawl/core/flow';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/respond.ts';
import { checkHistory } from '../server/check-history.ts';
import { expectEqual, expectFields, waitUntil } from './expect.ts';
import { FaultyHost, type KillPoint } from './faulty-host.ts';
import type { CaseBody } from './kit.ts';

const CITY = jsonSchema<{ readonly city: string }>(
  { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  {
    validate: (value) => {
      const { city } = value as { readonly city?: unknown };
      return typeof city === 'string'
        ? { value: { city } }
        : { issues: [{ path: ['city'], message: 'expected string' }] };
    },
  },
);

const UNKNOWN_OUTCOME = 'The outcome of this call is unknown';

/** Has parallel calls, one with invalid input, an agent as a tool, and one call that needs approval. */
function createTraveller(): Agent {
  const createTool = (name: string, how: Pick<Parameters<typeof tool>[0], 'effect' | 'needsApproval'>): Tool<unknown> =>
    tool({ ...how, name, description: 'Does it.', input: CITY, execute: ({ city }) => `${name} ${city}` });
  const look = createTool('look', { effect: 'read' });
  const book = createTool('book', { effect: 'idempotent' });
  const createPayAgent = createTool('pay', { effect: 'non-idempotent' });
  const fly = createTool('fly', { effect: 'non-idempotent', needsApproval: true });
  const turns = [
    [call('look', 'Oslo'), call('pay', 'Rome'), call('book', 'Bonn')],
    [{ name: 'book', arguments: { town: 'Bonn' } }],
    [{ name: 'guide', arguments: { prompt: 'Guide me.' } }, call('book', 'Bern')],
    [call('fly', 'Oslo'), call('look', 'Rome')],
  ];
  const guided = [[call('pay', 'Ghent'), call('look', 'Ghent')]];
  const model = scriptedModel(({ messages }) => {
    const isGuide = messages.some(({ role, content }) => role === 'user' && content === 'Guide me.');
    const calls = (isGuide ? guided : turns)[messages.filter(({ role }) => role === 'assistant').length];
    return calls === undefined ? respond.text('Done.') : respond.calls(calls);
  });
  const guide = new Agent({ name: 'guide', model, tools: [look, createPayAgent] });
  const tools = [look, book, createPayAgent, fly, guide.asTool({ name: 'guide', description: 'Guides.' })];
  return new Agent({ name: 'traveller', model, tools });
}

function call(name: string, city: string): { readonly name: string; readonly arguments: { readonly city: string } } {
  return { name, arguments: { city } };
}

/** Runs the agent to its end: approves what is pending and resumes after each `HostError`. */
async function runToEnd(host: Host, runId: string): Promise<readonly Message[]> {
  const agent = createTraveller();
  const waitForOutcome = (run: Run): Promise<Outcome | undefined> =>
    run.outcome().catch((error: unknown) => {
      if (!HostError.isInstance(error)) throw error;
      return undefined;
    });
  let outcome = await waitForOutcome(agent.run('Go.', { runId, host: host }));
  while (outcome === undefined || outcome.status === 'suspended') {
    for (const { id, fingerprint } of outcome?.pending ?? []) {
      await host.answer(runId, id, { type: 'approve', fingerprint });
    }
    outcome = await waitForOutcome(agent.resume(runId, { host: host }));
  }
  expectFields(outcome, { status: 'completed' }, 'The run completes.');
  return outcome.messages;
}

/** Expects the same messages, except for calls whose outcome is unknown. */
function expectSameExceptUnknown(messages: readonly Message[], undisturbed: readonly Message[]): void {
  const known = messages.map((message, index) => {
    const isDoubt = message.role === 'tool' && String(message.content).startsWith(UNKNOWN_OUTCOME);
    return isDoubt ? undisturbed[index] : message;
  });
  expectEqual(known, undisturbed, 'The transcript equals that of an undisturbed run.');
}

async function killAtEachStep(host: Host, moment: KillPoint['moment']): Promise<void> {
  const undisturbed = await runToEnd(host, `undisturbed ${moment}`);
  for (let at = 1; ; at++) {
    const fragile = new FaultyHost(host, { at, moment });
    const messages = await runToEnd(fragile, `killed ${moment} step ${at}`);
    if (!fragile.hasDied) return;
    expectSameExceptUnknown(messages, undisturbed);
    expectEqual(checkHistory(messages), [], 'The transcript is valid.');
    expectEqual(fragile.repeated, [], 'No finished step and no non-idempotent step begins again.');
  }
}

interface Builder {
  readonly agent: Agent;
  /** Resolves when the tool runs. */
  readonly asked: Promise<void>;
  /** Lets the tool return. */
  readonly finish: () => void;
}

/** An agent whose only tool call waits for `finish`. */
function createBuilder({
  needsApproval = false,
  until = Promise.resolve(),
  listener,
}: {
  readonly needsApproval?: boolean;
  /** The model responds to the result of the tool only then. */
  readonly until?: Promise<void>;
  readonly listener?: (event: RunEvent) => void;
} = {}): Builder {
  const asked = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<string>();
  const build = tool({
    name: 'build',
    description: 'Builds.',
    input: CITY,
    effect: 'idempotent',
    needsApproval,
    execute: () => {
      asked.resolve();
      return finished.promise;
    },
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool')
      ? respond.delayed(respond.text('Built.'), { until })
      : respond.calls([call('build', 'Rome')]),
  );
  const agent = new Agent({
    name: 'builder',
    model,
    tools: [build],
    ...(listener && { listeners: { '*': listener } }),
  });
  return { agent, asked: asked.promise, finish: () => finished.resolve('built') };
}

/** Collects the types of the run's events, and whether each event is replayed. */
function listenTo(run: Run): { readonly events: readonly [string, boolean][]; readonly started: Promise<unknown> } {
  const events: [string, boolean][] = [];
  run.on('*', ({ type, replayed }) => events.push([type, replayed === true]));
  return { events, started: new Promise((resolve) => run.on('run.started', resolve)) };
}

/** Runs an agent twice at once, a call that needs approval, a question and plain code. */
function createTour(): Flow<unknown, string, Json> {
  const traveller = createTraveller();
  const visa = tool({
    name: 'visa',
    description: 'Gets a visa.',
    input: CITY,
    effect: 'idempotent',
    needsApproval: true,
    execute: ({ city }) => `visa for ${city}`,
  });
  return flow({
    name: 'tour',
    run: async (_: string, { run, call, step, ask }) => {
      const cities = await step('cities', () => ['Oslo', 'Rome']);
      const tours = await Promise.all(cities.map((city) => run(traveller, `To ${city}.`, { step: `tour-${city}` })));
      const got = await call(visa, { city: 'Bern' }, { step: 'visa' });
      const answer = await ask('Well?', { step: 'ask' });
      return { tours: tours.map(({ output }) => output), visa: String(got), answer };
    },
  });
}

/** Runs the flow to its end, and kills the process at the given step. Resolves the output. */
async function runFlow(host: Host, runId: string): Promise<unknown> {
  const tour = createTour();
  const waitForOutcome = (run: Run<Json>): Promise<Outcome<Json> | undefined> =>
    run.outcome().catch((error: unknown) => {
      if (!HostError.isInstance(error)) throw error;
      return undefined;
    });
  let outcome = await waitForOutcome(tour.run('Go.', { runId, host }));
  while (outcome === undefined || outcome.status === 'suspended') {
    for (const { id, fingerprint, reason } of outcome?.pending ?? []) {
      const isQuestion = reason === 'external_result';
      await host.answer(
        runId,
        id,
        isQuestion ? { type: 'result', fingerprint, value: 7 } : { type: 'approve', fingerprint },
      );
    }
    outcome = await waitForOutcome(tour.resume(runId, { host }));
  }
  expectFields(outcome, { status: 'completed' }, 'The flow completes.');
  return outcome.status === 'completed' ? outcome.output : undefined;
}

async function killFlowAtEachStep(host: Host, moment: KillPoint['moment']): Promise<void> {
  const undisturbed = await runFlow(host, `flow undisturbed ${moment}`);
  for (let at = 1; ; at++) {
    const fragile = new FaultyHost(host, { at, moment });
    const output = await runFlow(fragile, `flow killed ${moment} step ${at}`);
    if (!fragile.hasDied) return;
    expectEqual(output, undisturbed, 'The output equals that of an undisturbed run.');
    expectEqual(fragile.repeated, [], 'No finished step and no non-idempotent step begins again.');
  }
}

/** Cases that run a whole agent. */
export const agentCases: Readonly<Record<string, CaseBody>> = {
  'emits live events to a run that attaches in the same process, and replays earlier ones': async ({ host }) => {
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const model = scriptedModel([respond.delayed(respond.text('Done.'), { until })]);
    const agent = new Agent({ model });
    const run = agent.run('Go.', { runId: 'followed', host: host });
    await new Promise((begun) => run.on('attempt.started', begun));
    const follower = agent.resume('followed', { host: host });
    const { events, started } = listenTo(follower);
    await started;
    resolve();
    expectEqual(await follower.outcome(), await run.outcome(), 'Both runs have the same outcome.');
    const expected = [
      ['run.started', true],
      ['attempt.started', false],
      ['text.delta', false],
      ['model.responded', false],
      ['run.finished', false],
    ];
    expectEqual(events, expected, 'Only events recorded before the attachment are replayed.');
  },
  'yields each event to a follower at once while this process works on the run': async ({ host, holdSleeps }) => {
    holdSleeps(); // A follower that pauses would never wake.
    const follower = Promise.withResolvers<void>();
    const { agent, asked, finish } = createBuilder({ until: follower.promise });
    const run = agent.run('Go.', { host, runId: 'run' });
    await asked;
    const types: string[] = [];
    const following = (async () => {
      for await (const { event } of host.followRun('run')) {
        types.push(event.type);
        if (types.length === 2) finish();
        if (types.length === 3) follower.resolve(); // The run waits for its reader.
      }
    })();
    const expected = ['run.started', 'model.responded', 'tool.finished', 'model.responded'];
    await waitUntil(() => types.length >= expected.length, `The follower gets ${expected.length} events.`);
    await following;
    expectEqual(types, expected, 'The follower gets each event once, in order.');
    expectEqual((await run.outcome()).status, 'completed', 'The run completes.');
  },
  'wakes a follower when this process begins to work on a run that waits': async ({ host, hasWorkers, holdSleeps }) => {
    if (hasWorkers) return; // A queued run is begun by a worker, which needs its pauses.
    const { agent, finish } = createBuilder();
    finish();
    await host.enqueue('builder', 'Go.', { runId: 'run' });
    holdSleeps();
    const types: string[] = [];
    const following = (async () => {
      for await (const { event } of host.followRun('run')) types.push(event.type);
    })();
    const { status } = await agent.resume('run', { host }).outcome();
    expectEqual(status, 'completed', 'The run completes.');
    await waitUntil(() => types.length === 4, 'The follower gets 4 events.');
    await following;
  },
  'continues the runs of resumeAll to their ends, heard from the first event': async ({ host, hasWorkers }) => {
    const heard: (readonly [string, string, boolean])[] = [];
    const { agent, finish } = createBuilder({
      needsApproval: true,
      listener: ({ runId, type, replayed }) => heard.push([runId, type, replayed === true]),
    });
    finish();
    const outcome = await agent.run('Go.', { host, runId: 'approved' }).outcome();
    for (const { id, fingerprint } of outcome.status === 'suspended' ? outcome.pending : [])
      await host.answer('approved', id, { type: 'approve', fingerprint });
    await host.enqueue('builder', 'Go.', { runId: 'queued' });
    heard.length = 0;
    const runs = await host.resumeAll([agent]);
    if (hasWorkers) return expectEqual(runs, [], 'Workers of the host continue runs.');
    const ends = await Promise.all(runs.map(async (run) => `${run.runId} ${(await run.outcome()).status}`));
    expectEqual(ends.toSorted(), ['approved completed', 'queued suspended'], 'Each run continues.');
    const listHeard = (runId: string): readonly unknown[] =>
      heard.filter(([heardRunId]) => heardRunId === runId).map(([, type, replayed]) => [type, replayed]);
    expectEqual(listHeard('approved')[0], ['run.started', true], 'The first event of the earlier attempt is replayed.');
    expectEqual(listHeard('approved').at(-1), ['run.finished', false], 'The end is new.');
    expectEqual(listHeard('queued')[0], ['run.started', false], 'The first event of a queued run is new.');
    expectEqual(await host.resumeAll([agent]), [], 'A run that has ended, or waits, is not resumed.');
  },
  'keeps an approval pending when the resumed agent no longer needs it': async ({ host }) => {
    const createPayAgent = (needsApproval: boolean, ran: string[]): Agent => {
      const execute = ({ city }: { readonly city: string }): string => `paid ${ran.push(city)}`;
      const model = scriptedModel(({ messages }) =>
        messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.calls([call('pay', 'Rome')]),
      );
      const pays = tool({ name: 'pay', description: 'Pays.', input: CITY, needsApproval, execute });
      return new Agent({ model, tools: [pays] });
    };
    for (const answer of ['deny', 'edit', undefined] as const) {
      const ran: string[] = [];
      const runId = `asked ${answer}`;
      const asked = await createPayAgent(true, ran).run('Go.', { runId, host: host }).outcome();
      const [{ id, fingerprint } = { id: '', fingerprint: '' }] = asked.status === 'suspended' ? asked.pending : [];
      if (answer === 'deny') await host.answer(runId, id, { type: 'deny', fingerprint });
      if (answer === 'edit') await host.answer(runId, id, { type: 'edit', fingerprint, arguments: { city: 'Bonn' } });
      const { status } = await createPayAgent(false, ran).resume(runId, { host: host }).outcome();
      expectEqual(status, answer === undefined ? 'suspended' : 'completed', `The answer is ${answer}.`);
      expectEqual(ran, answer === 'edit' ? ['Bonn'] : [], 'No call runs without approval.');
    }
  },
  'completes with the same transcript when the process dies before any step': ({ host }) =>
    killAtEachStep(host, 'before'),
  'completes with the same transcript when the process dies within any step': ({ host }) =>
    killAtEachStep(host, 'within'),
  'completes with the same transcript when the process dies after any step': ({ host }) =>
    killAtEachStep(host, 'after'),
  'completes a flow with the same output when the process dies within any step': ({ host }) =>
    killFlowAtEachStep(host, 'within'),
  'completes a flow with the same output when the process dies after any step': ({ host }) =>
    killFlowAtEachStep(host, 'after'),
  'gives the input of a queued flow, and says which steps a changed flow does not use': async ({
    host,
    hasWorkers,
  }) => {
    const first = flow({
      name: 'changing',
      run: async (_: Json, { step, ask }) => [await step('one', () => 1), await ask('Well?', { step: 'two' })],
    });
    await first.run({ city: 'Oslo' }, { runId: 'changing', host }).outcome();
    const { record } = await host.getRun('changing');
    expectEqual(record.input, { city: 'Oslo' }, 'The record has the input of a flow.');
    const second = flow({ name: 'changing', run: async (_: Json, { step }) => step('other', () => 2) });
    const error: unknown = await second
      .resume('changing', { host })
      .outcome()
      .catch((thrown: unknown) => thrown);
    expectEqual(HostError.isInstance(error) && error.code, 'flow.diverged', 'A step runner lists its recorded steps.');
    if (hasWorkers) return;
    const runId = await host.enqueue('doubling', { input: { value: 21 } });
    const doubling = flow({ name: 'doubling', run: async ({ value }: { readonly value: number }) => value * 2 });
    const [run] = await host.resumeAll<Run<number>>([doubling]);
    expectEqual(run?.runId, runId, 'A queued flow is resumed by its name.');
    expectFields(await run?.outcome(), { status: 'completed', output: 42 }, 'A queued flow gets its input.');
  },
};
