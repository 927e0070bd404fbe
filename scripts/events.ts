// Writes docs/reference/events.md: every event with its fields, when it is emitted, and an example from a run.
//   node scripts/events.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@pawl/core';
import type { EventType } from '@pawl/core/events';
import { createHeadingId } from './code-blocks/site-link.ts';
import { collectEvents } from './event-examples.ts';
import { formatCode, formatText } from './options.ts';
import { type Declaration, findDeclaration, listMembers, type Member } from './read-types.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'reference', 'events.md');
const NEAR = 'packages/core/src/event/event.ts';

/** When each event is emitted. */
const WHEN: Readonly<Record<EventType, string>> = {
  'run.started': 'The run begins: its instructions are resolved.',
  'turn.prepared': 'Middleware prepared a turn, or a message of `run.steer` entered it.',
  'attempt.started': 'A request is about to be sent to a model.',
  'attempt.failed': 'A request failed. `retryInMs` is set if another attempt follows.',
  'attempt.discarded': 'The pieces emitted for this attempt are void. Clear what you showed of them.',
  'text.delta': 'A piece of text arrived. An unstreamed response is one piece.',
  'reasoning.delta': 'A piece of reasoning arrived.',
  'refusal.delta': 'A piece of a refusal arrived.',
  'tool_call.delta': 'A piece of the arguments of a tool call arrived.',
  'output.partial': 'More of a structured output arrived. It is not validated yet.',
  'response.repaired': 'A response, or arguments in it, needed repairs to be readable.',
  'model.responded': 'A response is complete and recorded.',
  'model.failed': 'All attempts of a turn failed, fallbacks included.',
  'model.reprompted':
    'The model is asked again: the response was empty, cut, of the wrong form, or rejected by a guard.',
  'request.lost': 'A response is lost: to a crash, in a run with a cost limit, or because a guard waits for a person.',
  'limit.approaching': 'A limit leaves room for one more request. It is sent without tools.',
  'limit.exceeded': 'A request or a batch of calls would exceed a limit. It does not start.',
  'tool.started': 'A tool begins to run.',
  'tool.progress': 'A tool called `progress`.',
  'tool.finished': 'A tool returned its result.',
  'tool.failed': 'A call failed. `reason` says how; `content` is what the model reads.',
  'tool.skipped': 'A call does not run: it was denied, cancelled, or a limit left no room.',
  'tool.suspended': 'An agent that is a tool, or that a tool runs, waits for a person.',
  'tool.late_result': 'A tool settled after its deadline. The result is not used.',
  'tool.repeated_failure': 'The same call failed the same way three times. The model is warned.',
  'approval.requested': 'A call waits for an approval, an external result or a decision.',
  'approval.not_required': 'A tool may need approval, and this call does not.',
  'approval.answered': 'A pending call was answered.',
  'approval.expired': 'Nobody answered a pending call in time. It counts as denied.',
  'user.interrupted': 'The user wrote while calls were pending. They are closed as cancelled.',
  'user.steering': 'A message of `run.steer` goes to the model.',
  'output.checked': 'A structured output was validated.',
  'step.finished':
    'A step that code has named is finished: a run inside a tool, in middleware or in a flow, a call, or plain code.',
  'step.failed': 'A step that code has named has failed: the code got an error.',
  'flow.ended': 'The code of a flow has ended.',
  'handoff.completed': 'The conversation went over to another agent.',
  'run.suspended': 'Nothing is left to do until somebody answers.',
  'run.aborted': 'The run is aborted, by a signal, `run.abort`, `host.cancel` or `AbortRun`.',
  'run.refused': 'Middleware ended the run as refused: a guard, mostly.',
  'run.finished': 'The run ended. The last event of each attempt at a run.',
  'listener.failed': 'A listener or a wire log threw or rejected. Reported once for each.',
};

/** Fields that every event of a kind has, shown once. */
const COMMON = new Set(['type', 'at', 'activeMs', 'turn', 'index', 'attempt', 'call']);

interface EventEntry {
  readonly type: EventType;
  readonly isRecorded: boolean;
  readonly members: readonly Member[];
}

/** The events of both unions in the order of their declaration. */
export function readEvents(): readonly EventEntry[] {
  const entries = (['JournalEvent', 'LiveEvent'] as const).flatMap((union) =>
    listNames(union).map((name): EventEntry => {
      const declaration = requireDeclaration(name);
      const [, type] = /type: '([^']+)'/.exec(declaration.body) ?? [];
      if (!isEventType(type))
        throw new Error(`${name} has the type "${type}", which WHEN in scripts/events.ts does not list.`);
      return { type, isRecorded: union === 'JournalEvent', members: listMembers(declaration) };
    }),
  );
  const order = Object.keys(WHEN);
  return entries.toSorted((one, other) => order.indexOf(one.type) - order.indexOf(other.type));
}

/** The interfaces of a union, unions inside it included. */
function listNames(union: string): readonly string[] {
  const { from } = requireDeclaration(union);
  return [...from.join(' ').matchAll(/\w+/g)].flatMap(([name]) => {
    return requireDeclaration(name).body === '' ? listNames(name) : [name];
  });
}

function requireDeclaration(name: string): Declaration {
  const declaration = findDeclaration(name, NEAR);
  if (declaration === undefined) throw new Error(`The source has no type ${name}.`);
  return declaration;
}

function isEventType(type: string | undefined): type is EventType {
  return type !== undefined && Object.hasOwn(WHEN, type);
}

/** The page as it has to be. */
export async function buildEventsPage(): Promise<string> {
  const examples = await collectEvents();
  const events = readEvents();
  const rows = events.map(({ type, isRecorded }) => {
    return `| [\`${type}\`](#${createHeadingId(type)}) | ${isRecorded ? 'recorded' : 'live'} | ${formatText(WHEN[type])} |`;
  });
  const sections = events.map((event) => formatSection(event, examples.get(event.type)));
  return `${INTRODUCTION}\n| event | | when |\n|---|---|---|\n${rows.join('\n')}\n\n${formatCommonFields()}\n${sections.join('\n')}`;
}

const INTRODUCTION = `# Events

Generated from the types and from runs by \`node scripts/events.ts\`. How to listen: [Streaming and events](../guide/streaming.md).

- **Recorded** events are journal events: the host keeps them, late readers get them, a resumed run emits them again with \`replayed: true\`.
- **Live** events are emitted while something happens, and may be lost.
`;

function formatCommonFields(): string {
  const stamp = listMembers(requireDeclaration('EventStamp'));
  const call = listMembers(requireDeclaration('ToolCallFields'));
  return [
    '## Fields of every event',
    '',
    formatTable([...stamp.filter(({ name }) => name !== 'type')]),
    'Recorded events also have `activeMs`: how long the run had been at work, all attempts together, in milliseconds. Events of a turn have `turn`, counted from 1;',
    'events of a request have `attempt`; events of a call have `call`, as the model wrote it, and `index`, its position in the turn.',
    '',
    'Events `tool.*` and `approval.*` about one call also have:',
    '',
    formatTable(call),
  ].join('\n');
}

function formatSection({ type, isRecorded, members }: EventEntry, example: RunEvent | undefined): string {
  if (example === undefined) throw new Error(`No run in scripts/event-examples.ts emits "${type}".`);
  const own = members.filter(({ name }) => !COMMON.has(name));
  return [
    `## ${type}`,
    '',
    `${isRecorded ? 'Recorded' : 'Live'}. ${WHEN[type]}`,
    '',
    ...(own.length === 0 ? [] : [formatTable(own)]),
    '```json',
    JSON.stringify(shorten(example), null, 1).replaceAll(/\n\s*/g, ' '),
    '```',
    '',
  ].join('\n');
}

function formatTable(members: readonly Member[]): string {
  const rows = members.map(({ name, isOptional, type, doc }) => {
    return `| \`${name}\`${isOptional ? '' : ' *'} | ${formatCode(type)} | ${formatText(doc.text)} |`;
  });
  return ['| field (* always there) | type | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

const STAMP = new Set(['runId', 'path', 'agent', 'seq', 'at', 'activeMs', 'durationMs', 'stack']);

/** Without the fields of every event, times, and what differs from machine to machine. */
function shorten(event: RunEvent): unknown {
  const text = JSON.stringify(event, (name, value) => {
    if (STAMP.has(name) && !(name === 'agent' && event.type === 'run.started')) return undefined;
    if (typeof value === 'string' && value.length > LONGEST) return `${value.slice(0, LONGEST)}…`;
    return value;
  });
  return JSON.parse(text);
}

const LONGEST = 160;

if (import.meta.main) writeFileSync(PAGE, await buildEventsPage());
