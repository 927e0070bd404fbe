import type { JsonObject } from '@pawl/core';
import { isObject } from '../base/json.ts';
import { findHistoryFaults } from './check-history.ts';
import {
  checkArray,
  checkName,
  createMissingFault,
  createTypeFault,
  createValueFault,
  type RequestFault,
} from './request-fault.ts';

/** Returns the first fault for which OpenAI's server would refuse this body. */
export function checkRequest(body: unknown): RequestFault | undefined {
  if (!isObject(body)) return { ...createTypeFault(body, 'body', 'an object'), code: null };
  const { messages, tools } = body;
  if (messages === undefined) return createMissingFault('messages');
  return (
    checkArray(messages, 'messages') ??
    (Array.isArray(messages) ? findHistoryFaults(messages)[0] : undefined) ??
    (tools == null ? checkToolOptions(body) : checkTools(tools)) ??
    checkChoice(body) ??
    checkStreamOptions(body)
  );
}

/** Options that require tools. */
function checkToolOptions(body: JsonObject): RequestFault | undefined {
  const param = ['tool_choice', 'parallel_tool_calls'].find((name) => body[name] != null);
  if (param === undefined) return undefined;
  const message = `Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`;
  return { message, param, code: null };
}

function checkTools(tools: unknown): RequestFault | undefined {
  const fault = checkArray(tools, 'tools');
  if (fault !== undefined || !Array.isArray(tools)) return fault;
  const names = new Set<unknown>();
  for (const [index, tool] of tools.entries()) {
    const param = `tools[${index}]`;
    if (!isObject(tool)) return createTypeFault(tool, param, 'an object');
    const kind = tool['type'] === 'custom' ? 'custom' : 'function';
    const { [kind]: offered } = tool;
    if (!isObject(offered)) return createMissingFault(`${param}.${kind}`);
    const { name } = offered;
    const found = checkName(name, `${param}.${kind}.name`) ?? SHAPES[kind](offered, `${param}.${kind}`);
    if (found !== undefined) return found;
    if (names.has(name)) {
      const message = `Invalid 'tools': tool names must be unique, but '${name}' is there more than once.`;
      return { message, param: `${param}.${kind}.name`, code: 'invalid_value' };
    }
    names.add(name);
  }
  return undefined;
}

/** Checks the rest of a tool definition. */
const SHAPES = { function: checkParameters, custom: checkFormat } as const;

function checkParameters(offered: JsonObject, within: string): RequestFault | undefined {
  const { name, parameters } = offered;
  const param = `${within}.parameters`;
  if (parameters === undefined) return undefined;
  const schema = isObject(parameters) ? parameters : {};
  const isOfObject = schema['type'] === 'object';
  if (isOfObject && REFUSED_AT_ROOT.every((keyword) => schema[keyword] === undefined)) return undefined;
  const must = isOfObject
    ? "have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    : `be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(schema['type'] ?? 'None')}'.`;
  const message = `Invalid schema for function '${name}': schema must ${must}`;
  return { message, param, code: 'invalid_function_parameters' };
}

const REFUSED_AT_ROOT = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

function checkFormat({ format }: JsonObject, within: string): RequestFault | undefined {
  const param = `${within}.format`;
  if (format === undefined) return undefined;
  if (!isObject(format)) return createTypeFault(format, param, 'an object');
  if (format['type'] === 'text') return undefined;
  if (format['type'] !== 'grammar') return createValueFault(format['type'], `${param}.type`, FORMATS);
  const { grammar } = format;
  if (!isObject(grammar)) return createMissingFault(`${param}.grammar`);
  const { syntax, definition } = grammar;
  if (typeof definition !== 'string') return createMissingFault(`${param}.grammar.definition`);
  if (syntax === 'lark' || syntax === 'regex') return undefined;
  return createValueFault(syntax, `${param}.grammar.syntax`, "'lark' and 'regex'");
}

const FORMATS = "'text' and 'grammar'";

function checkChoice({ tools, tool_choice: choice }: JsonObject): RequestFault | undefined {
  const param = 'tool_choice';
  if (choice == null || !Array.isArray(tools)) return undefined;
  if (typeof choice === 'string') {
    if (['none', 'auto', 'required'].includes(choice)) return undefined;
    return createValueFault(choice, param, "'none', 'auto', and 'required'");
  }
  if (!isObject(choice)) return createTypeFault(choice, param, 'one of a string or object');
  const { type, allowed_tools: allowed } = choice;
  const chosen = type === 'allowed_tools' ? (isObject(allowed) ? allowed['tools'] : undefined) : [choice];
  if (!Array.isArray(chosen)) return createMissingFault(`${param}.allowed_tools.tools`);
  const stranger = chosen.map(describeTool).find((identity) => !tools.map(describeTool).includes(identity));
  if (stranger === undefined) return undefined;
  const message = `Invalid value for 'tool_choice': ${stranger} not found in 'tools' parameter.`;
  return { message, param, code: null };
}

/** Names the kind and the name of a tool. */
function describeTool(tool: unknown): string {
  const isCustom = isObject(tool) && tool['type'] === 'custom';
  const named = isObject(tool) ? tool[isCustom ? 'custom' : 'function'] : undefined;
  return `${isCustom ? 'custom tool' : 'tool'} '${isObject(named) ? named['name'] : undefined}'`;
}

function checkStreamOptions(body: JsonObject): RequestFault | undefined {
  if (body['stream_options'] == null || body['stream'] === true) return undefined;
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return { message, param: 'stream_options', code: null };
}
