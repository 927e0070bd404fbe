import {
  type ChatModel,
  type ChatRequest,
  checkOptions,
  type Json,
  type JsonSchema,
  type Message,
  type OptionTable,
  type ToolObject,
} from '@pawl/core';
import { sampleOf } from '../schema/arbitrary.ts';
import { branchesOf } from '../schema/branches.ts';
import { invalidFor } from '../schema/invalid.ts';
import type { CallEntry, CustomCallEntry } from '../script/build-reply.ts';
import { reply } from '../script/build-reply.ts';
import type { ModelReply } from '../script/reply.ts';
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
}

/**
 * A model without a script: it calls every tool it is offered with arguments made from the tool's schema, then answers, in
 * the form that is asked for. What it does depends on the conversation and the seed alone, so a run that is resumed goes on as it was.
 */
export function schemaModel(options: SchemaModelOptions = {}): ChatModel {
  const {
    seed = 0,
    exercise = 'once',
    width = 4,
    name = 'schema',
  } = checkOptions(options, SCHEMA_MODEL, 'schemaModel');
  const plans = new Map<string, readonly Json[]>();
  const planOf = (offered: Offered): readonly Json[] => {
    const key = JSON.stringify(offered);
    const known = plans.get(key) ?? argumentsFor(offered, { seed, exercise });
    plans.set(key, known);
    return known;
  };
  const { send, price } = scriptedModel((request) => replyTo(request, { planOf, seed, width }), {
    name,
    keepRequests: 0,
  });
  return { name, send, ...(price === undefined ? {} : { price }) };
}

const SCHEMA_MODEL: OptionTable<SchemaModelOptions> = {
  keys: {
    seed: 'number',
    exercise: { once: true, 'every-branch': true, 'invalid-first': true },
    width: 'number',
    name: 'text',
  },
};

interface Offered {
  readonly name: string;
  /** Of a custom tool there is none: its input is text. */
  readonly parameters: JsonSchema | undefined;
}

interface Planning {
  readonly seed: number;
  readonly exercise: Exercise;
}

function argumentsFor({ name, parameters }: Offered, { seed, exercise }: Planning): readonly Json[] {
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

interface Playing {
  readonly planOf: (offered: Offered) => readonly Json[];
  readonly seed: number;
  readonly width: number;
}

function replyTo(request: ChatRequest, { planOf, seed, width }: Playing): ModelReply {
  const offered = (request.tools ?? []).map(offeredBy);
  const made = callsIn(request.messages);
  const forced = forcedBy(request);
  if (forced !== undefined && !offered.every(({ name }) => name !== forced)) {
    const tool = offered.filter(({ name }) => name === forced);
    return calls(
      tool.flatMap((each) => nextOf(each, { made, plan: planOf(each) }) ?? entry(each, planOf(each).at(-1))),
    );
  }
  if (request.tool_choice === 'none') return answer(request, seed);
  const next = offered.flatMap((each) => nextOf(each, { made, plan: planOf(each) }) ?? []).slice(0, width);
  if (next.length > 0) return calls(next);
  const [first] = offered;
  if (request.tool_choice === 'required' && first !== undefined) return calls([entry(first, planOf(first).at(-1))]);
  return answer(request, seed);
}

type Entry = CallEntry | CustomCallEntry;

/** Each tool is one call further a turn, so that what came of one is known before the next. */
function nextOf(
  offered: Offered,
  { made, plan }: { readonly made: ReadonlyMap<string, number>; readonly plan: readonly Json[] },
): Entry | undefined {
  const next = plan[made.get(offered.name) ?? 0];
  return next === undefined ? undefined : entry(offered, next);
}

function entry({ name, parameters }: Offered, value: Json | undefined = {}): Entry {
  if (parameters === undefined) return { name, input: String(value) };
  return { name, arguments: JSON.stringify(value) };
}

function calls(entries: readonly Entry[]): ModelReply {
  return reply.calls(entries);
}

function answer({ response_format: format }: ChatRequest, seed: number): ModelReply {
  if (format?.type !== 'json_schema') return reply.text(format?.type === 'json_object' ? '{}' : `Done ${seed}.`);
  return reply.text(JSON.stringify(sampleOf(format.json_schema.schema ?? {}, seed)));
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
      const name = call.type === 'custom' ? call.custom.name : call.function.name;
      counts.set(name, (counts.get(name) ?? 0) + 1);
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
