import type { Clock } from '../base/clock.ts';
import { ConfigError, HostError } from '../base/errors.ts';
import { hashText } from '../base/hash-text.ts';
import { isRecord, stringifyCanonical } from '../base/json.ts';
import type { ChatSettings } from '../chat/request.ts';
import type { DefinitionRecord, RunStartedEvent } from '../event/journal-event.ts';
import type { Listeners } from '../event/observers.ts';
import type { LimitName } from '../event/outcome.ts';
import type { RunRecord } from '../host/host.ts';
import type { Limits, ResolvedLimits } from '../limits/limits.ts';
import type { Conclusion } from '../loop/action.ts';
import { failure } from '../loop/failure.ts';
import type { Policy } from '../loop/policy.ts';
import type { StopCondition, StopState } from '../loop/stop.ts';
import type { Definition, HistoryFilter } from '../perform/definition.ts';
import type { Scope } from '../perform/scope.ts';
import type { Tool } from '../tool/tool.ts';

/** As an agent has them: its context's type is checked where `Agent` is used. */
export type Instructions = string | ((context: never) => string | Promise<string>) | undefined;

/** Everything about an agent that is the same for all of its runs. */
export interface Blueprint {
  readonly name: string;
  readonly description: string | undefined;
  /** Made when it is first asked for, where the agents are given by a function that it hands over to. */
  readonly definition: Definition;
  readonly handoffs: () => readonly Handoff[];
  readonly instructions: Instructions;
  readonly settings: ChatSettings;
  readonly limits: Limits;
  readonly stopRules: readonly StopCondition[];
  readonly maxOutputRetries: number;
  readonly maxParallelToolCalls: number;
  readonly listeners: Listeners | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  /** Made when it is first asked for. */
  readonly digest: () => DefinitionRecord;
}

/** An agent that another one may hand the conversation over to. Made by `agent.asHandoff`. */
export interface Handoff<in Context = never, out Output = unknown> {
  readonly agent: string;
  /** What the model calls to hand over. */
  readonly tool: Tool<Context>;
  readonly sees: HistoryFilter | undefined;
  readonly blueprint: Blueprint;
  /** What the agent ends with. Never there: for the types only. */
  readonly output?: Output;
}

/** An agent's policy, within the limits of a run. Runs one after the other hardly ever have others. */
export function policyOf(blueprint: Blueprint, limits: ResolvedLimits): Policy {
  const last = policies.get(blueprint);
  if (last !== undefined && isSame(last.limits, limits)) return last;
  const policy = makePolicy(blueprint, limits);
  policies.set(blueprint, policy);
  return policy;
}

/** The policy that was made last. */
const policies = new WeakMap<Blueprint, Policy>();

function isSame(one: ResolvedLimits, other: ResolvedLimits): boolean {
  return (Object.keys(one) as LimitName[]).every((name) => one[name] === other[name]); // It has a number for each.
}

function makePolicy({ definition, maxOutputRetries, stopRules, digest }: Blueprint, limits: ResolvedLimits): Policy {
  const { tools, output } = definition;
  return {
    limits,
    maxOutputRetries,
    hasTools: tools.size > 0,
    ...(stopRules.length > 0 && { stopsAt: (state) => applyStopRules(stopRules, state) }),
    hasOutput: output !== undefined,
    correctionsOf: (name) => tools.get(name)?.maxInputRetries ?? 2,
    handsOver: (name) => tools.get(name)?.handoffTo !== undefined,
    definitionOf: (name) => digest().tools[name],
    mayWait: (name) => {
      const { needsApproval = false, hasExternalResult = false } = tools.get(name) ?? {};
      return hasExternalResult || needsApproval !== false;
    },
  };
}

function applyStopRules(rules: readonly StopCondition[], state: StopState): Conclusion | undefined {
  try {
    for (const rule of rules) {
      const stop: unknown = rule(state);
      if (stop === false) continue;
      const text = stop === true ? state.text : readStopOutput(stop);
      return { status: 'completed', output: text, text };
    }
    return undefined;
  } catch (error) {
    return failure(error);
  }
}

/** From JavaScript, a promise would count as `true`. */
function readStopOutput(stop: unknown): string {
  if (isRecord(stop) && typeof stop['output'] === 'string') return stop['output'];
  const shown = stop instanceof Promise ? 'a promise' : (JSON.stringify(stop) ?? String(stop));
  throw new ConfigError(`stopWhen gave ${shown}. Give true, false, or { output: "…" }, at once.`);
}

/** What a run records of its agent: the version that it was given, and a hash of each tool's schema and effect. */
export function digestDefinition(tools: ReadonlyMap<string, Tool>, version: string | undefined): DefinitionRecord {
  const hashes = [...tools].map(([name, tool]): [string, string] => [name, tool.definitionHash ?? hashOf(tool)]);
  const known = { tools: Object.fromEntries(hashes) };
  return version === undefined ? known : { ...known, version };
}

function hashOf({ jsonSchema, effect }: Tool): string {
  return hashText(stringifyCanonical([jsonSchema, effect]));
}

/** What became of the tools since, by their names. */
export function findChanges(before: DefinitionRecord | undefined, now: DefinitionRecord): ReadonlyMap<string, string> {
  const changes = Object.entries(before?.tools ?? {}).flatMap(
    ([name, hash]): readonly (readonly [string, string])[] => {
      const current = now.tools[name];
      if (current === hash) return [];
      return [[name, current === undefined ? 'it is gone' : 'its schema or its effect is another']];
    },
  );
  return new Map(changes);
}

/** In words, for the error that refuses a run. */
function describeDifference(before: DefinitionRecord, now: DefinitionRecord): string {
  for (const [name, change] of findChanges(before, now)) return `tool "${name}": ${change}`;
  const added = Object.keys(now.tools).find((name) => before.tools[name] === undefined);
  return added === undefined ? 'the tools are the same' : `tool "${added}": it is new`;
}

interface ComparisonScope {
  readonly blueprint: Blueprint;
  readonly scope: Pick<Scope, 'runId' | 'onVersionMismatch' | 'mismatch'>;
}

/** Compares the agent with what a run recorded of it. */
export function compareDefinition(
  { agent, definition }: Pick<RunStartedEvent, 'agent' | 'definition'>,
  { blueprint, scope }: ComparisonScope,
): Pick<Scope, 'changes' | 'mismatch'> {
  const { runId, onVersionMismatch, mismatch } = scope;
  if (onVersionMismatch === 'continue') return { changes: new Map(), mismatch };
  const now = blueprint.digest();
  return {
    changes: findChanges(definition, now),
    mismatch: mismatch ?? versionMismatch({ runId, agent, ...(definition && { definition }) }, now),
  };
}

/** Why a run that another version of the agent began does not go on with this one: `run.version`. */
export function versionMismatch(
  { runId, agent, definition }: Pick<RunRecord, 'runId' | 'agent' | 'definition'>,
  now: DefinitionRecord,
): HostError | undefined {
  if (definition === undefined || definition.version === now.version) return undefined;
  const shown = (version: string | undefined): string => (version === undefined ? 'none' : `"${version}"`);
  return new HostError(
    `Run "${runId}" was begun by version ${shown(definition.version)} of agent "${agent}", and this is ${shown(now.version)}; first difference: ${describeDifference(definition, now)}. Resume it with that version, or pass onVersionMismatch: "continue".`,
    { code: 'run.version' },
  );
}
