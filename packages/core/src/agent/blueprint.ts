import type { Clock } from '../base/clock.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { hashText } from '../base/hash-text.ts';
import { isRecord, type Json, stringifyCanonical } from '../base/json.ts';
import type { History } from '../chat/history.ts';
import type { ChatSettings } from '../chat/request.ts';
import type { DefinitionRecord, RunStartedEvent } from '../event/journal-event.ts';
import type { Listeners } from '../event/observers.ts';
import type { Conclusion, LimitName, Outcome } from '../event/outcome.ts';
import type { RunRecord } from '../host/host.ts';
import type { Limits, ResolvedLimits } from '../limits/limits.ts';
import { concludeFailure } from '../loop/conclude-failure.ts';
import type { Policy, UncheckedOutput } from '../loop/policy.ts';
import type { RunState } from '../loop/state.ts';
import { type StopCondition, type StopState, ToolOutput } from '../loop/stop-condition.ts';
import type { ChatModel } from '../model/chat-model.ts';
import type { WireLog } from '../model/wire-log.ts';
import type { Definition, HistoryFilter } from '../perform/definition.ts';
import type { Instrumentation } from '../perform/instrumentation.ts';
import type { Scope } from '../perform/scope.ts';
import type { Tool } from '../tool/tool.ts';

/** Instructions without the context type, which is checked at `Agent`. Those of each turn are middleware. */
export type Instructions = string | ((context: never) => string | Promise<string>) | undefined;

/** The input of a run. */
export interface RunInput {
  readonly history: History;
  /** The input of a flow, which need not be a text. */
  readonly input?: Json;
}

/** A run after its first step. */
export interface BegunRun {
  readonly scope: Scope;
  readonly state: RunState;
  /** The input of a flow. */
  readonly input?: Json;
}

/** Everything that all runs of an agent, or of a flow, share. */
export interface Blueprint {
  /** Creates the agent again, with other models or tools. */
  readonly replaceParts: (replacement: PartReplacement) => Blueprint;
  readonly name: string;
  /** Whether it is a call by the code of a flow, which is no run for readers and for instrumentation. @defaultValue false */
  readonly isCall?: boolean;
  /** Brings a run from its first step to its outcome: the loop, or the code of a flow. */
  readonly head: (begun: BegunRun) => Promise<Outcome<unknown>>;
  /** Reads the input of a run inside another. @throws ConfigError */
  readonly readInput: (input: unknown) => RunInput;
  /** Reads the input of a run from its record. @defaultValue the messages of the record */
  readonly restoreInput?: (record: RunRecord) => RunInput;
  readonly description: string | undefined;
  /** Created on first use if the handoffs are a function. */
  readonly definition: Definition;
  readonly handoffs: () => readonly Handoff[];
  readonly instructions: Instructions;
  readonly settings: ChatSettings;
  readonly limits: Limits;
  readonly stopConditions: readonly StopCondition<never, unknown>[];
  readonly maxOutputRetries: number;
  readonly maxParallelToolCalls: number;
  readonly listeners: Listeners | undefined;
  readonly instrumentation: Instrumentation | undefined;
  readonly wireLog: WireLog | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Created on first use. */
  readonly getDefinitionRecord: () => DefinitionRecord;
}

/** The replacement of the models and tools of an agent and of the agents inside it. Each agent is created once. */
export interface PartReplacement {
  readonly choose: ModelChoice | undefined;
  readonly chooseTools: ToolSelection | undefined;
  readonly done: Map<Blueprint, Blueprint>;
}

/** Returns the model that an agent gets. Called for its model, for each of its further models, and for each model that its middleware asks. */
export type ModelChoice = (agent: { readonly name: string; readonly model: ChatModel }) => ChatModel;

/** Returns the tools that an agent gets in place of its own. */
export type ToolSelection = (agent: {
  readonly name: string;
  readonly tools: readonly Tool<never>[];
}) => readonly Tool<never>[];

/** An agent as the target of handoffs. Created by `agent.asHandoff`. */
export interface Handoff<in Context = never, out Output = unknown> {
  readonly agent: string;
  /** The tool that the model calls to hand over. */
  readonly tool: Tool<Context>;
  readonly inputFilter: HistoryFilter | undefined;
  readonly blueprint: Blueprint;
  /** The output type of the agent. Exists only in types. */
  readonly output?: Output;
}

/** The agents that tools run, by the function that runs them: a wrapper of such a tool has the same function. */
export const agentsOfTools: WeakMap<NonNullable<Tool['delegate']>, AgentOfTool> = new WeakMap();

interface AgentOfTool {
  readonly getBlueprint: () => Blueprint;
  /** Creates the same function for another agent. */
  readonly replaceAgent: (getBlueprint: () => Blueprint) => NonNullable<Tool['delegate']>;
}

/** Whether an agent, or one that can work in its runs, has middleware that decides about text that was already emitted. */
export function hasTextGuard(blueprint: Blueprint, visited: Set<Blueprint> = new Set()): boolean {
  if (visited.has(blueprint)) return false;
  visited.add(blueprint);
  const { middleware, tools } = blueprint.definition;
  if (middleware.some(({ isTextGuard }) => isTextGuard === true)) return true;
  const inner = [...tools.values()].flatMap(
    ({ delegate }) => (delegate && agentsOfTools.get(delegate)?.getBlueprint()) ?? [],
  );
  const next = [...inner, ...blueprint.handoffs().map((handoff) => handoff.blueprint)];
  return next.some((each) => hasTextGuard(each, visited));
}

/** Returns the policy of an agent with the limits of a run. Reuses the last one: most runs of an agent have the same limits. */
export function getPolicy(blueprint: Blueprint, limits: ResolvedLimits): Policy {
  const last = policies.get(blueprint);
  if (last !== undefined && isSame(last.limits, limits)) return last;
  const policy = makePolicy(blueprint, limits);
  policies.set(blueprint, policy);
  return policy;
}

/** The last policy of each blueprint. */
const policies = new WeakMap<Blueprint, Policy>();

function isSame(one: ResolvedLimits, other: ResolvedLimits): boolean {
  return (Object.keys(one) as LimitName[]).every((name) => one[name] === other[name]); // Resolved limits have every name.
}

function makePolicy(
  { definition, maxOutputRetries, stopConditions, getDefinitionRecord }: Blueprint,
  limits: ResolvedLimits,
): Policy {
  const { tools, output, validate } = definition;
  return {
    limits,
    maxOutputRetries,
    hasTools: tools.size > 0,
    ...(stopConditions.length > 0 && {
      applyStopConditions: (state) => applyStopConditions(state, { conditions: stopConditions, definition }),
    }),
    checksOutput: output !== undefined || validate !== undefined,
    getMaxInputRetries: (name) => tools.get(name)?.maxInputRetries ?? 2,
    isHandoff: (name) => tools.get(name)?.handoffTo !== undefined,
    getDefinitionHash: (name) => getDefinitionRecord().tools[name],
    canWait: (name) => {
      const { needsApproval = false, hasExternalResult = false } = tools.get(name) ?? {};
      return hasExternalResult || needsApproval !== false;
    },
  };
}

interface Stops {
  readonly conditions: readonly StopCondition<never, unknown>[];
  readonly definition: Pick<Definition, 'output' | 'validate'>;
}

function applyStopConditions(
  state: StopState,
  { conditions, definition: { output, validate } }: Stops,
): Conclusion | UncheckedOutput | undefined {
  try {
    for (const condition of conditions) {
      const stop: unknown = condition(state as StopState<never>); // `Agent` checks the type of the context.
      if (stop === false) continue;
      if (output !== undefined) return { unchecked: stop === true ? state.text : writeStopOutput(stop) };
      const text = stop === true ? state.text : readStopOutput(stop);
      return validate === undefined ? { status: 'completed', output: text, text } : { unchecked: text };
    }
    return undefined;
  } catch (error) {
    return concludeFailure(error);
  }
}

/** Returns the JSON of an output for the schema. */
function writeStopOutput(stop: unknown): string {
  const value = stop instanceof ToolOutput ? stop.value : isRecord(stop) ? stop['output'] : undefined;
  if (value !== undefined) return JSON.stringify(value);
  throw createStopError(stop);
}

function readStopOutput(stop: unknown): string {
  const output: unknown = typeof stop === 'object' && stop !== null && 'output' in stop ? stop.output : undefined;
  if (typeof output === 'string') return output;
  throw createStopError(stop);
}

/** JavaScript conditions may return a promise, which would count as `true`. */
function createStopError(stop: unknown): ConfigError {
  const shown = stop instanceof Promise ? 'a promise' : (JSON.stringify(stop) ?? String(stop));
  return new ConfigError(`stopWhen returned ${shown}. Return true, false or { output: … } synchronously.`);
}

/** Creates what a run records of its agent: the version, and a hash of each tool's schema and effect. */
export function createDefinitionRecord(
  tools: ReadonlyMap<string, Tool>,
  version: string | undefined,
): DefinitionRecord {
  const hashes = [...tools].map(([name, tool]): [string, string] => [name, tool.definitionHash ?? hashTool(tool)]);
  const known = { tools: Object.fromEntries(hashes) };
  return version === undefined ? known : { ...known, version };
}

function hashTool({ jsonSchema, effect }: Tool): string {
  return hashText(stringifyCanonical([jsonSchema, effect]));
}

/** Describes the tools that changed or are missing, by name. */
export function findChangedTools(
  before: DefinitionRecord | undefined,
  now: DefinitionRecord,
): ReadonlyMap<string, string> {
  const changes = Object.entries(before?.tools ?? {}).flatMap(
    ([name, hash]): readonly (readonly [string, string])[] => {
      const current = now.tools[name];
      if (current === hash) return [];
      return [[name, current === undefined ? 'it is missing' : 'its schema or effect has changed']];
    },
  );
  return new Map(changes);
}

/** Describes the first difference, for an error message. */
function describeDifference(before: DefinitionRecord, now: DefinitionRecord): string {
  for (const [name, change] of findChangedTools(before, now)) return `tool "${name}": ${change}`;
  const added = Object.keys(now.tools).find((name) => before.tools[name] === undefined);
  return added === undefined ? 'the tools are the same' : `tool "${added}": it is new`;
}

interface ComparisonScope {
  readonly blueprint: Blueprint;
  readonly scope: Pick<Scope, 'runId' | 'onVersionMismatch' | 'versionError'>;
}

/** Compares the agent with the definition that a run recorded. */
export function compareDefinition(
  { agent, definition }: Pick<RunStartedEvent, 'agent' | 'definition'>,
  { blueprint, scope }: ComparisonScope,
): Pick<Scope, 'changedTools' | 'versionError'> {
  const { runId, onVersionMismatch, versionError } = scope;
  if (onVersionMismatch === 'continue') return { changedTools: new Map(), versionError };
  const now = blueprint.getDefinitionRecord();
  return {
    changedTools: findChangedTools(definition, now),
    versionError: versionError ?? findVersionMismatch({ runId, agent, ...(definition && { definition }) }, now),
  };
}

/** Returns a `HostError` `run.version` if another version of the agent began the run. */
export function findVersionMismatch(
  { runId, agent, definition }: Pick<RunRecord, 'runId' | 'agent' | 'definition'>,
  now: DefinitionRecord,
): HostError | undefined {
  if (definition === undefined || definition.version === now.version) return undefined;
  const describeVersion = (version: string | undefined): string => (version === undefined ? 'none' : `"${version}"`);
  return new HostError(
    `Run "${runId}" was begun by version ${describeVersion(definition.version)} of agent "${agent}", but this is version ${describeVersion(now.version)}. First difference: ${describeDifference(definition, now)}. Resume it with the old version, or pass onVersionMismatch: "continue".`,
    { code: 'run.version' },
  );
}
