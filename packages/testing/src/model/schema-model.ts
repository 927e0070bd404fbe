import type { ChatModel, Price } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import { type ChatRequest, callName, type Json, type JsonSchema, type Message, type ToolObject } from '@pawl/core/chat';
import { sampleOf } from '../schema/arbitrary.ts';
import { branchesOf } from '../schema/branches.ts';
import { invalidFor } from '../schema/invalid.ts';
import type { CallEntry, CustomCallEntry } from '../script/build-reply.ts';
import { respond } from '../script/build-reply.ts';
import type { ScriptedModelResponse } from '../script/reply.ts';
import { scriptedModel } from './scripted-model.ts';

/**
 * Which calls each tool gets. `once`: one. `every-branch`: one for each value of an enum, option of a union, field that may be left
 * out, end of a range. `invalid-first`: one whose arguments don't pass, then one whose do.
 */
export type Exercise = 'once' | 'every-branch' | 'invalid-first';

export interface SchemaModelOptions {
  /** The same seed makes the same calls of the same tools. @defaultValue 0 */
  readonly seed?: number;
  /** @defaultValue 'once' */
  readonly exercise?: Exercise;
  /** Calls of one turn, at most. @defaultValue 4 */
  readonly width?: number;
  /** @defaultValue 'schema' */
  readonly name?: string;
  /** @defaultValue a price of 0, so that an agent with `limits.cost` can be tested */
  readonly price?: Price;
}

/**
 * A model without a script: it calls every tool it is offered with arguments made from the tool's schema, then answers, in
 * the form that is asked for. What it does depends on the conversation and the seed alone, so a run that is resumed goes on as it was.
 */
export function schemaModel(options: SchemaModelOptions = {}): ChatModel {
  const { seed = 0, exercise = 'once', width = 4, ...given } = checkOptions(options, SCHEMA_MODEL, 'schemaModel');
  const plans = new Map<string, readonly Json[]>();
  const planOf: PlanOf = (offered) => {
    const key = JSON.stringify(offered);
    const known = plans.get(key) ?? argumentsFor(offered, seed, exercise);
    plans.set(key, known);
    return known;
  };
  const respond = (request: ChatRequest): ScriptedModelResponse => replyTo(request, planOf, { seed, width });
  const { name, send, price } = scriptedModel(respond, { name: 'schema', keepRequests: 0, ...given });
  return { name, send, price };
}

const SCHEMA_MODEL: OptionTable<SchemaModelOptions> = {
  keys: {
    seed: 'number',
    exercise: { once: true, 'every-branch': true, 'invalid-first': true },
    width: 'number',
    name: 'text',
    price: 'object',
  },
};

interface Offered {
  readonly name: string;
  /** Of a custom tool there is none: its input is text. */
  readonly parameters: JsonSchema | undefined;
}

type PlanOf = (offered: Offered) => readonly Json[];

function argumentsFor({ name, parameters }: Offered, seed: number, exercise: Exercise): readonly Json[] {
  const own = hashed(name, seed);
  if (parameters === undefined) return [`Input ${own}.`];
  switch (exercise) {
    case 'once':
      return [sampleOf(parameters, own)];
    case 'every-branch':
      return branchesOf(parameters).map((branch, index) => sampleOf(branch, own + index, parameters));
    case 'invalid-first': {
      const valid = sampleOf(parameters, own);
      return [invalidFor(parameters, valid), valid];
    }
  }
}

function replyTo(
  request: ChatRequest,
  planOf: PlanOf,
  { seed = 0, width = 4 }: SchemaModelOptions,
): ScriptedModelResponse {
  const offered = (request.tools ?? []).map(offeredBy);
  const made = callsIn(request.messages);
  const forced = forcedBy(request);
  const tool = offered.filter(({ name }) => name === forced);
  if (tool.length > 0) {
    return respond.calls(tool.flatMap((each) => nextOf(each, made, planOf(each)) ?? entry(each, planOf(each).at(-1))));
  }
  if (request.tool_choice === 'none') return answer(request, seed);
  const next = offered.flatMap((each) => nextOf(each, made, planOf(each)) ?? []).slice(0, width);
  if (next.length > 0) return respond.calls(next);
  const [first] = offered;
  if (request.tool_choice === 'required' && first !== undefined)
    return respond.calls([entry(first, planOf(first).at(-1))]);
  return answer(request, seed);
}

type Entry = CallEntry | CustomCallEntry;

/** Each tool is one call further a turn, so that what came of one is known before the next. */
function nextOf(offered: Offered, made: ReadonlyMap<string, number>, plan: readonly Json[]): Entry | undefined {
  const next = plan[made.get(offered.name) ?? 0];
  return next === undefined ? undefined : entry(offered, next);
}

function entry({ name, parameters }: Offered, value: Json | undefined = {}): Entry {
  if (parameters === undefined) return { name, input: String(value) };
  return { name, arguments: JSON.stringify(value) };
}

function answer({ response_format: format }: ChatRequest, seed: number): ScriptedModelResponse {
  if (format?.type !== 'json_schema') return respond.text(format?.type === 'json_object' ? '{}' : `Done ${seed}.`);
  return respond.text(JSON.stringify(sampleOf(format.json_schema.schema ?? {}, seed)));
}

function offeredBy(tool: ToolObject): Offered {
  if (tool.type === 'custom') return { name: tool.custom.name, parameters: undefined };
  return { name: tool.function.name, parameters: tool.function.parameters ?? {} };
}

function forcedBy({ tool_choice: choice }: ChatRequest): string | undefined {
  if (typeof choice !== 'object' || choice === null) return undefined;
  if (choice.type === 'function') return choice.function.name;
  return choice.type === 'custom' ? choice.custom.name : undefined;
}

function callsIn(messages: readonly Message[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const message of messages) {
    for (const call of message.role === 'assistant' ? (message.tool_calls ?? []) : []) {
      counts.set(callName(call), (counts.get(callName(call)) ?? 0) + 1);
    }
  }
  return counts;
}

/** A seed of its own for each tool, so that another tool beside it changes nothing. */
function hashed(name: string, seed: number): number {
  let hash = seed | 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return hash;
}
