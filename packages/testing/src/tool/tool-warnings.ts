import type { Tool } from '@pawl/core';
import type { JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';
import { type Place, propertiesOf, resolve, schemasIn } from '../schema/resolve.ts';

/** What makes a tool hard to use for models or servers, each in a sentence. */
export function toolWarnings(tool: Tool): readonly string[] {
  const { description = '', jsonSchema, strictReport } = tool;
  return [
    ...(description.trim().length < 10
      ? ['The description says too little for a model to know when to call the tool.']
      : []),
    ...undescribed(jsonSchema, { root: jsonSchema, depth: 0 }),
    ...strictReport.map(({ pointer, reason, isNote }) => {
      return `${isNote === true ? 'In the strict form' : 'No strict form'}, at ${pointer || 'the root'}: ${reason}`;
    }),
    ...tooLarge(tool),
  ];
}

/** From here on a schema costs more than most conversations. */
const LARGE_LENGTH = 8_192;

function tooLarge({ functionObject, customObject }: Tool): readonly string[] {
  const { length } = JSON.stringify(customObject ?? functionObject);
  if (length <= LARGE_LENGTH) return [];
  return [`Its schema has ${length} characters, which are sent with each request. Split the tool, or shorten it.`];
}

function undescribed(schema: JsonSchema, { root, depth }: Place, path = ''): readonly string[] {
  if (depth > DEEPEST) return [];
  const resolved = resolve(schema, { root });
  const below = { root, depth: depth + 1 };
  const fields = Object.entries(propertiesOf(resolved)).flatMap(([name, field]) => {
    const at = `${path}${path === '' ? '' : '.'}${name}`;
    return [...unsaid(resolve(field, { root }), at), ...undescribed(field, below, at)];
  });
  const items = isObject(resolved['items']) ? undescribed(resolved['items'], below, `${path}[]`) : [];
  const options = [...schemasIn(resolved['anyOf']), ...schemasIn(resolved['oneOf'])];
  return [...new Set([...fields, ...items, ...options.flatMap((each) => undescribed(each, below, path))])];
}

const DEEPEST = 4;

/** A value that can't be otherwise needs no words. */
function unsaid(field: JsonSchema, path: string): readonly string[] {
  if (typeof field['description'] === 'string' || field['const'] !== undefined) return [];
  return [`Parameter "${path}" has no description. Add one: .describe('…').`];
}
