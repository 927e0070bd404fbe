import type { Tool } from '@pawl/core';
import type { JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';
import { readProperties, readSchemas, resolve, type SchemaPosition } from '../schema/resolve.ts';

/** Lists what makes a tool hard to use for models or servers, one sentence each. */
export function findToolWarnings(tool: Tool): readonly string[] {
  const { description = '', jsonSchema, strictReport } = tool;
  return [
    ...(description.trim().length < 10
      ? ['The description says too little for a model to know when to call the tool.']
      : []),
    ...findUndescribed(jsonSchema, { root: jsonSchema, depth: 0 }),
    ...strictReport.map(({ pointer, reason, isNote }) => {
      return `${isNote === true ? 'In the strict form' : 'No strict form'}, at ${pointer || 'the root'}: ${reason}`;
    }),
    ...checkSize(tool),
  ];
}

/** A larger definition costs more than most conversations. */
const MAX_DEFINITION_LENGTH = 8_192;

function checkSize({ functionObject, customObject }: Tool): readonly string[] {
  const { length } = JSON.stringify(customObject ?? functionObject);
  if (length <= MAX_DEFINITION_LENGTH) return [];
  return [
    `The definition has ${length} characters and is sent with each request. Split the tool, or shorten its schema.`,
  ];
}

function findUndescribed(schema: JsonSchema, { root, depth }: SchemaPosition, path = ''): readonly string[] {
  if (depth > DEEPEST) return [];
  const resolved = resolve(schema, { root });
  const below = { root, depth: depth + 1 };
  const fields = Object.entries(readProperties(resolved)).flatMap(([name, field]) => {
    const at = `${path}${path === '' ? '' : '.'}${name}`;
    return [...checkDescription(resolve(field, { root }), at), ...findUndescribed(field, below, at)];
  });
  const items = isObject(resolved['items']) ? findUndescribed(resolved['items'], below, `${path}[]`) : [];
  const options = [...readSchemas(resolved['anyOf']), ...readSchemas(resolved['oneOf'])];
  return [...new Set([...fields, ...items, ...options.flatMap((each) => findUndescribed(each, below, path))])];
}

const DEEPEST = 4;

/** A constant needs no description. */
function checkDescription(field: JsonSchema, path: string): readonly string[] {
  if (typeof field['description'] === 'string' || field['const'] !== undefined) return [];
  return [`Parameter "${path}" has no description. Add one: .describe('…').`];
}
