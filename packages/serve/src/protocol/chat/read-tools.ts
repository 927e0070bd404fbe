import type { CustomFormat, ToolObject } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import { createInvalidError, createUnsupportedError } from '../problem.ts';
import { isString } from '../read-json.ts';

/** Reads the tools of a request: those that the caller executes. @throws HttpProblem 400 */
export function readTools(value: unknown, callerTools: 'accept' | 'reject'): readonly ToolObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw createInvalidError('"tools" is not a list.', 'tools');
  if (value.length > 0 && callerTools === 'reject') {
    throw createUnsupportedError('"tools" is not supported: the agent has its own. Leave it out.', 'tools');
  }
  if (value.length > MAX_TOOLS)
    throw createInvalidError(`"tools" has ${value.length} entries; ${MAX_TOOLS} are allowed.`, 'tools');
  return value.map((each, index) => readTool(each, `tools[${index}]`));
}

/** The limit of OpenAI's API. */
const MAX_TOOLS = 128;

function readTool(value: unknown, param: string): ToolObject {
  const type = isRecord(value) ? value['type'] : undefined;
  const body = isRecord(value) && (type === 'function' || type === 'custom') ? value[type] : undefined;
  if (!isRecord(body) || !isString(body['name'])) {
    throw createInvalidError(
      `"${param}" is no tool. Send { "type": "function", "function": { "name", "parameters" } }.`,
      param,
    );
  }
  const { name, description } = body;
  const named = { name: String(name), ...(isString(description) && { description }) };
  if (type === 'custom') {
    const { format } = body;
    // Checked when the tool is made of it.
    return { type, custom: { ...named, ...(isRecord(format) && { format: readFormat(format) }) } };
  }
  const { parameters, strict } = body;
  if (parameters !== undefined && parameters !== null && !isRecord(parameters)) {
    throw createInvalidError(`"${param}.function.parameters" is not a JSON Schema.`, `${param}.function.parameters`);
  }
  return {
    type: 'function',
    function: { ...named, ...(isRecord(parameters) && { parameters }), ...(typeof strict === 'boolean' && { strict }) },
  };
}

/** Chat Completions nests a grammar; the Responses API does not. */
function readFormat(format: Readonly<Record<string, unknown>>): CustomFormat {
  return format as unknown as CustomFormat; // `customTool` checks it.
}
