import { type ChatModel, checkOptions, type OptionTable, type Price } from '@pawl/core';
import {
  type ChatRequest,
  getCallName,
  type Json,
  type JsonSchema,
  type Message,
  type ToolObject,
} from '@pawl/core/chat';
import { sampleSchema } from '../schema/arbitrary.ts';
import { listBranches } from '../schema/branches.ts';
import { makeInvalid } from '../schema/invalid.ts';
import type { CallEntry, CustomCallEntry } from '../script/respond.ts';
import { respond } from '../script/respond.ts';
import type { ScriptedModelResponse } from '../script/scripted-response.ts';
import { scriptedModel } from './scripted-model.ts';

/**
 * The calls of each tool.
 * - `once`: one call.
 * - `every-branch`: one call for each enum value, union option, absent optional field, and end of a range.
 * - `invalid-first`: one call with invalid arguments, then one with valid arguments.
 */
export type Exercise = 'once' | 'every-branch' | 'invalid-first';

export interface SchemaModelOptions {
  /** The same seed makes the same calls of the same tools. @defaultValue 0 */
  readonly seed?: number;
  /** @defaultValue 'once' */
  readonly exercise?: Exercise;
  /** The maximum number of calls per turn. @defaultValue 4 */
  readonly width?: number;
  /** @defaultValue 'schema' */
  readonly name?: string;
  /** @defaultValue a price of 0, so that an agent with `limits.cost` can be tested */
  readonly price?: Price;
}

/**
 * A model without a script. It calls every offered tool with arguments made from the tool's schema, then answers in the
 * requested form. Its behaviour depends only on the conversation and the seed, so a resumed run continues unchanged.
 */
export function schemaModel(options: SchemaModelOptions = {}): ChatModel {
  const { seed = 0, exercise = 'once', width = 4, ...given } = checkOptions(options, SCHEMA_MODEL, 'schemaModel');
  const plans = new Map<string, readonly Json[]>();
  const planTool: PlanTool = (offered) => {
    const key = JSON.stringify(offered);
    const known = plans.get(key) ?? createArguments(offered, seed, exercise);
    plans.set(key, known);
    return known;
  };
  const respond = (request: ChatRequest): ScriptedModelResponse => respondTo(request, planTool, { seed, width });
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

interface OfferedInput {
  readonly name: string;
  /** `undefined` for a custom tool, whose input is text. */
  readonly parameters: JsonSchema | undefined;
}

type PlanTool = (offered: OfferedInput) => readonly Json[];

function createArguments({ name, parameters }: OfferedInput, seed: number, exercise: Exercise): readonly Json[] {
  const own = hashName(name, seed);
  if (parameters === undefined) return [`Input ${own}.`];
  switch (exercise) {
    case 'once':
      return [sampleSchema(parameters, own)];
    case 'every-branch':
      return listBranches(parameters).map((branch, index) => sampleSchema(branch, own + index, parameters));
    case 'invalid-first': {
      const valid = sampleSchema(parameters, own);
      return [makeInvalid(parameters, valid), valid];
    }
  }
}

function respondTo(
  request: ChatRequest,
  planOf: PlanTool,
  { seed = 0, width = 4 }: SchemaModelOptions,
): ScriptedModelResponse {
  const offered = (request.tools ?? []).map(readTool);
  const made = countCalls(request.messages);
  const forced = findForcedTool(request);
  const tool = offered.filter(({ name }) => name === forced);
  if (tool.length > 0) {
    return respond.calls(
      tool.flatMap((each) => chooseNextCall(each, made, planOf(each)) ?? createEntry(each, planOf(each).at(-1))),
    );
  }
  if (request.tool_choice === 'none') return answerRequest(request, seed);
  const next = offered.flatMap((each) => chooseNextCall(each, made, planOf(each)) ?? []).slice(0, width);
  if (next.length > 0) return respond.calls(next);
  const [first] = offered;
  if (request.tool_choice === 'required' && first !== undefined)
    return respond.calls([createEntry(first, planOf(first).at(-1))]);
  return answerRequest(request, seed);
}

type Entry = CallEntry | CustomCallEntry;

/** One call per tool and turn: the result of each call is known before the next one. */
function chooseNextCall(
  offered: OfferedInput,
  made: ReadonlyMap<string, number>,
  plan: readonly Json[],
): Entry | undefined {
  const next = plan[made.get(offered.name) ?? 0];
  return next === undefined ? undefined : createEntry(offered, next);
}

function createEntry({ name, parameters }: OfferedInput, value: Json | undefined = {}): Entry {
  if (parameters === undefined) return { name, input: String(value) };
  return { name, arguments: JSON.stringify(value) };
}

function answerRequest({ response_format: format }: ChatRequest, seed: number): ScriptedModelResponse {
  if (format?.type !== 'json_schema') return respond.text(format?.type === 'json_object' ? '{}' : `Done ${seed}.`);
  return respond.text(JSON.stringify(sampleSchema(format.json_schema.schema ?? {}, seed)));
}

function readTool(tool: ToolObject): OfferedInput {
  if (tool.type === 'custom') return { name: tool.custom.name, parameters: undefined };
  return { name: tool.function.name, parameters: tool.function.parameters ?? {} };
}

function findForcedTool({ tool_choice: choice }: ChatRequest): string | undefined {
  if (typeof choice !== 'object' || choice === null) return undefined;
  if (choice.type === 'function') return choice.function.name;
  return choice.type === 'custom' ? choice.custom.name : undefined;
}

function countCalls(messages: readonly Message[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const message of messages) {
    for (const call of message.role === 'assistant' ? (message.tool_calls ?? []) : []) {
      counts.set(getCallName(call), (counts.get(getCallName(call)) ?? 0) + 1);
    }
  }
  return counts;
}

/** Derives a seed per tool, so that adding a tool does not change the calls of the others. */
function hashName(name: string, seed: number): number {
  let hash = seed | 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return hash;
}
