import { isSendableName } from '../chat/message.ts';

/**
 * The kinds of steps, in the order of a turn. They are stored: a change of the kinds or of the grammar needs another
 * `SCHEMA_VERSION`.
 *
 * ```
 * name    = *( segment "/" ) step                  the part before the last "/" is the path of a run inside the run
 * segment = ( "tool:" | "wrap:" ) turn "." index   a call: the agent or the code of its tool; the middleware around it
 *         | ( "prepare:" | "model:" | "output:" | "handoff:" ) turn     the middleware of a step
 *         | "step:" label [ ":" repeat ]           a step that code has named
 * step    = "start" | "end"
 *         | turn-kind ":" turn [ ":" attempt ]
 *         | call-kind ":" turn "." index [ ":" detail ]
 *         | "step:" label [ ":" repeat ]
 * ```
 */
const STEP_KINDS: Readonly<
  Record<typeof START_STEP | typeof END_STEP, 'run'> & Record<TurnStepKind, 'turn'> & Record<CallStepKind, 'call'>
> = {
  start: 'run',
  prepare: 'turn',
  model: 'turn',
  output: 'turn',
  reprompt: 'turn',
  check: 'call',
  approval: 'call',
  nested: 'call',
  answer: 'call',
  tool: 'call',
  unknown_outcome: 'call',
  handoff: 'turn',
  repeated_failure: 'turn',
  limit: 'turn',
  end: 'run',
};

export type TurnStepKind = 'prepare' | 'model' | 'output' | 'reprompt' | 'handoff' | 'repeated_failure' | 'limit';
/** `approval`, `nested` and `unknown_outcome` are waits; `answer` is the result of a wait. */
export type CallStepKind = 'check' | 'approval' | 'nested' | 'answer' | 'tool' | 'unknown_outcome';
type StepKind = typeof START_STEP | typeof END_STEP | TurnStepKind | CallStepKind;

const ORDER: readonly string[] = Object.keys(STEP_KINDS);

/** The step that resolves the instructions. */
export const START_STEP = 'start';

/** The step that records how the code of a flow ended. */
export const END_STEP = 'end';

/** Formats `step:plan`, the step of code and the path of a run that it begins; `step:plan:1` for the same name with another input. */
export function formatNamedStep(label: string, repeats = 0): string {
  return `step:${label}${repeats === 0 ? '' : `:${repeats}`}`;
}

/** Whether code can give a step this name. */
export function isStepLabel(label: unknown): label is string {
  return typeof label === 'string' && label.length <= 100 && LABEL.test(label) && label.trim() !== '';
}

/** Text that every host stores, without the characters that separate the parts of a name. */
const LABEL = /^[^/:\p{Cc}\p{Cs}]+$/u;

/** Reads the label of a step that code has named; `undefined` for any other name. */
export function readLabel(segment: string): string | undefined {
  return NAMED.exec(segment)?.[1];
}

const NAMED = /^step:([^/:]+)(?::\d+)?$/;

/** Formats `model:3`, or `model:3:1` for the second time of the same step in a turn. */
export function formatTurnStep(kind: TurnStepKind, turn: number, attempt = 0): string {
  return `${kind}:${turn}${attempt === 0 ? '' : `:${attempt}`}`;
}

export interface CallStep {
  readonly turn: number;
  /** The position of the call in its turn, from 0. */
  readonly index: number;
  /** The name of the tool. Omitted from the step's name if it is not a valid tool name, so that the step's name can be parsed. */
  readonly toolName?: string;
  /** How often the outcome of the call was unknown. A call that a person runs again has another step. */
  readonly unknownOutcomes?: number;
  /** How often approval of the call was requested again. */
  readonly repeats?: number;
}

/** Formats `approval:1.0`, `tool:3.1:refund`, `unknown_outcome:3.1:1`, `approval:1.0:repeat:1`. */
export function formatCallStep(kind: CallStepKind, step: CallStep): string {
  const { turn, index, toolName, unknownOutcomes = 0, repeats = 0 } = step;
  const name = toolName === undefined ? '' : `:${isSendableName(toolName) ? toolName : ''}`;
  const nth = unknownOutcomes === 0 ? '' : `:${unknownOutcomes}`;
  return `${kind}:${turn}.${index}${name}${nth}${repeats === 0 ? '' : `:repeat:${repeats}`}`;
}

/** Formats `tool:3.0`, the path of what runs inside a call, or `wrap:3.0`, that of what middleware around it runs. */
export function formatCallSegment(kind: 'tool' | 'wrap', { turn, index }: Pick<CallStep, 'turn' | 'index'>): string {
  return `${kind}:${turn}.${index}`;
}

export function isStepName(name: string): boolean {
  const segments = name.split('/');
  const last = segments.at(-1) ?? '';
  if (matchSegment(last) === undefined && readLabel(last) === undefined) return false;
  return segments.slice(0, -1).every((segment, index) => {
    const isRun = CHILD.test(segment) || readLabel(segment) !== undefined;
    return isRun || (CODE.test(segment) && readLabel(segments[index + 1] ?? '') !== undefined);
  });
}

/** The path segment of a run inside a call, or of the code of its tool. */
const CHILD = /^tool:\d+\.\d+$/;

/** The path segment of the code of middleware: the steps that it names follow. */
const CODE = /^(?:wrap:\d+\.\d+|(?:prepare|model|output|handoff):\d+)$/;

/** Reads the call of a wait, of its answer or of a check, as `path` and `turn.index`; `undefined` for any other name. */
export function readOpenCall(
  name: string,
  { includesChecks }: { readonly includesChecks: boolean },
): { readonly path: string; readonly call: string } | undefined {
  const path = readPath(name);
  const { kind, position } = matchSegment(name.slice(path === '' ? 0 : path.length + 1)) ?? {};
  if (kind === undefined || position === undefined || kind === 'tool') return undefined;
  if (kind === 'check' && !includesChecks) return undefined;
  return STEP_KINDS[kind] === 'call' ? { path, call: position } : undefined;
}

interface Segment {
  readonly kind: StepKind;
  /** `turn` or `turn.index` */
  readonly position: string | undefined;
}

function matchSegment(segment: string): Segment | undefined {
  const [, kind = '', position, isOfCall] = SEGMENT.exec(segment) ?? [];
  if (!isStepKind(kind)) return undefined;
  const of = position === undefined ? 'run' : isOfCall === undefined ? 'turn' : 'call';
  return STEP_KINDS[kind] === of ? { kind, position } : undefined;
}

const SEGMENT = /^([a-z_]+)(?::(\d+(\.\d+)?)(?::.*)?)?$/;

function isStepKind(text: string): text is StepKind {
  return Object.hasOwn(STEP_KINDS, text);
}

/** Whether a step is the result of a call that `readOpenCall` returned. */
export function isResultOf(step: string, { path, call }: { readonly path: string; readonly call: string }): boolean {
  return step.startsWith(`${path === '' ? '' : `${path}/`}tool:${call}:`);
}

/** Reads the path of the run of a step: `tool:3.0` of `tool:3.0/model:1`, `''` of `model:3`. */
export function readPath(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

/** Compares by the order of the steps in a run, not by the order in which parallel steps were recorded. */
export function compareSteps(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')];
  for (const [index, segment] of left.entries()) {
    const against = right[index];
    if (against === undefined) return 0;
    const order = compareSegments(segment, against);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSegments(one: string, other: string): number {
  const [left, right] = [readOrder(one), readOrder(other)];
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Returns turn, kind and index, to compare in this order. A name that is not a step is last. */
function readOrder(segment: string): readonly number[] {
  const step = matchSegment(segment.replace(/^wrap:/, 'tool:'));
  if (step === undefined) return [Number.MAX_VALUE];
  if (step.kind === END_STEP) return [Number.POSITIVE_INFINITY];
  const [turn, index = '0'] = (step.position ?? '0').split('.');
  return [Number(turn), ORDER.indexOf(step.kind), Number(index)];
}
