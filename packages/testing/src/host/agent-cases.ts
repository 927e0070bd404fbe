import { Agent, type Host, HostError, jsonSchema, type Outcome, type Run, type Tool, tool } from '@pawl/core';
import type { Message } from '@pawl/core/chat';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/build-reply.ts';
import { checkHistory } from '../server/check-history.ts';
import { has, same } from './expect.ts';
import { FaultyHost, type KillPoint } from './fragile-host.ts';
import type { Body } from './kit.ts';

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

const IN_DOUBT = 'The outcome of this call is unknown';

/** Parallel calls, one that has to be corrected, an agent as a tool, and one call that a person approves. */
function traveller(): Agent {
  const does = (name: string, how: Pick<Parameters<typeof tool>[0], 'effect' | 'needsApproval'>): Tool<unknown> =>
    tool({ ...how, name, description: 'Does it.', input: CITY, execute: ({ city }) => `${name} ${city}` });
  const look = does('look', { effect: 'read' });
  const book = does('book', { effect: 'idempotent' });
  const pay = does('pay', { effect: 'non-idempotent' });
  const fly = does('fly', { effect: 'non-idempotent', needsApproval: true });
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
  const guide = new Agent({ name: 'guide', model, tools: [look, pay] });
  const tools = [look, book, pay, fly, guide.asTool({ name: 'guide', description: 'Guides.' })];
  return new Agent({ name: 'traveller', model, tools });
}

function call(name: string, city: string): { readonly name: string; readonly arguments: { readonly city: string } } {
  return { name, arguments: { city } };
}

/** From its start to its end: what waits for a person is approved, and what broke off is resumed. */
async function lived(host: Host, runId: string): Promise<readonly Message[]> {
  const agent = traveller();
  const ended = (run: Run): Promise<Outcome | undefined> =>
    run.outcome().catch((error: unknown) => {
      if (!HostError.isInstance(error)) throw error;
      return undefined;
    });
  let outcome = await ended(agent.run('Go.', { runId, host: host }));
  while (outcome === undefined || outcome.status === 'suspended') {
    for (const { id, fingerprint } of outcome?.pending ?? []) {
      await host.answer(runId, id, { type: 'approve', fingerprint });
    }
    outcome = await ended(agent.resume(runId, { host: host }));
  }
  has(outcome, { status: 'completed' }, 'The run gets to its end.');
  return outcome.messages;
}

/** What nobody knows the outcome of is told so, and nothing else differs. */
function sameButDoubts(messages: readonly Message[], undisturbed: readonly Message[]): void {
  const known = messages.map((message, index) => {
    const isDoubt = message.role === 'tool' && String(message.content).startsWith(IN_DOUBT);
    return isDoubt ? undisturbed[index] : message;
  });
  same(known, undisturbed, 'The transcript is the one of a run that nothing happened to.');
}

async function killedAtEachStep(host: Host, moment: KillPoint['moment']): Promise<void> {
  const undisturbed = await lived(host, `undisturbed ${moment}`);
  for (let at = 1; ; at++) {
    const fragile = new FaultyHost(host, { at, moment });
    const messages = await lived(fragile, `killed ${moment} step ${at}`);
    if (!fragile.hasDied) return;
    sameButDoubts(messages, undisturbed);
    same(checkHistory(messages), [], 'The transcript is valid.');
    same(fragile.repeated, [], 'What was finished, or may happen once, does not begin again.');
  }
}

/** The types of the events that a run emits from its first on, and whether each was replayed. */
function listenTo(run: Run): { readonly events: readonly [string, boolean][]; readonly started: Promise<unknown> } {
  const events: [string, boolean][] = [];
  run.on('*', ({ type, replayed }) => events.push([type, replayed === true]));
  return { events, started: new Promise((resolve) => run.on('run.started', resolve)) };
}

/** A whole agent. */
export const agentCases: Readonly<Record<string, Body>> = {
  'a run at work in this process is followed live, and what came before is replayed': async ({ host }) => {
    const { promise: until, resolve } = Promise.withResolvers<void>();
    const model = scriptedModel([respond.delayed(respond.text('Done.'), { until })]);
    const agent = new Agent({ model });
    const run = agent.run('Go.', { runId: 'followed', host: host });
    await new Promise((begun) => run.on('attempt.started', begun));
    const follower = agent.resume('followed', { host: host });
    const { events, started } = listenTo(follower);
    await started;
    resolve();
    same(await follower.outcome(), await run.outcome(), 'Both get its outcome.');
    const expected = [
      ['run.started', true],
      ['attempt.started', false],
      ['text.delta', false],
      ['model.responded', false],
      ['run.finished', false],
    ];
    same(events, expected, 'Only what was recorded before the follower came is replayed.');
  },
  'what was asked stays asked, although the tools of who resumes the run ask for nothing': async ({ host }) => {
    const pay = (needsApproval: boolean, ran: string[]): Agent => {
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
      const asked = await pay(true, ran).run('Go.', { runId, host: host }).outcome();
      const [{ id, fingerprint } = { id: '', fingerprint: '' }] = asked.status === 'suspended' ? asked.pending : [];
      if (answer === 'deny') await host.answer(runId, id, { type: 'deny', fingerprint });
      if (answer === 'edit') await host.answer(runId, id, { type: 'edit', fingerprint, arguments: { city: 'Bonn' } });
      const { status } = await pay(false, ran).resume(runId, { host: host }).outcome();
      same(status, answer === undefined ? 'suspended' : 'completed', `It was answered by ${answer}.`);
      same(ran, answer === 'edit' ? ['Bonn'] : [], 'Nothing runs that nobody agreed to.');
    }
  },
  'a run that is killed before each of its steps comes to the same end': ({ host }) => killedAtEachStep(host, 'before'),
  'a run that is killed within each of its steps comes to the same end': ({ host }) => killedAtEachStep(host, 'within'),
  'a run that is killed after each of its steps comes to the same end': ({ host }) => killedAtEachStep(host, 'after'),
};
