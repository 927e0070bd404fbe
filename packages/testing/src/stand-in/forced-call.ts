import type { JsonObject } from '@pawl/core';
import { passageOf } from './clauses.ts';
import type { Call } from './conversation.ts';
import { fill, placeholder } from './fill.ts';
import { isObject } from './json.ts';
import { type OfferedTool, topicsOf } from './offered-tool.ts';
import type { Field } from './schema-shape.ts';

/** A call that has to be made, though the question asks for none: of the tool that it fills best. */
export function forcedCall(question: string, tools: readonly OfferedTool[]): Call | undefined {
  const clause = passageOf(question, topicsOf(tools));
  const filled = tools.map((tool) => ({
    tool,
    ...fill(tool.fields, { clause, question, around: [], found: [], topics: tool.nameWords }),
  }));
  const [best] = filled.toSorted((left, right) => left.missing.length - right.missing.length);
  if (best === undefined) return undefined;
  const [row = {}] = best.rows;
  return { name: best.tool.name, arguments: completed(row, best.tool.fields) };
}

/** Arguments with something of the right type wherever a required one is missing. */
function completed(row: JsonObject, fields: readonly Field[]): JsonObject {
  const entries = fields.flatMap(({ name, shape, isRequired }) => {
    const value = row[name];
    if (value === undefined) return isRequired ? [[name, placeholder(shape)] as const] : [];
    return [[name, shape.type === 'record' && isObject(value) ? completed(value, shape.fields) : value] as const];
  });
  return Object.fromEntries(entries);
}
