import { historyFaults } from './check-history.ts';
import { arrayFault, isRecord, nameFault, type RequestFault, typeFault } from './request-fault.ts';

/** The first thing that OpenAI's server would refuse this body for. */
export function checkRequest(body: unknown): RequestFault | undefined {
  if (!isRecord(body)) return { ...typeFault(body, { param: 'body', expected: 'an object' }), code: null };
  const { messages, tools } = body;
  if (messages === undefined) {
    return {
      message: "Missing required parameter: 'messages'.",
      param: 'messages',
      code: 'missing_required_parameter',
    };
  }
  return (
    arrayFault(messages, 'messages') ??
    (Array.isArray(messages) ? historyFaults(messages)[0] : undefined) ??
    (tools == null ? orphanedOption(body) : toolsFault(tools)) ??
    choiceFault(body) ??
    streamOptionsFault(body)
  );
}

/** Options that mean something beside tools only. */
function orphanedOption(body: Readonly<Record<string, unknown>>): RequestFault | undefined {
  const param = ['tool_choice', 'parallel_tool_calls'].find((name) => body[name] != null);
  if (param === undefined) return undefined;
  const message = `Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`;
  return { message, param, code: null };
}

function toolsFault(tools: unknown): RequestFault | undefined {
  const fault = arrayFault(tools, 'tools');
  if (fault !== undefined || !Array.isArray(tools)) return fault;
  const names = new Set<unknown>();
  for (const [index, tool] of tools.entries()) {
    const param = `tools[${index}]`;
    if (!isRecord(tool)) return typeFault(tool, { param, expected: 'an object' });
    if (tool['type'] === 'custom') continue;
    const { function: offered } = tool;
    if (!isRecord(offered)) {
      const missing = `${param}.function`;
      return {
        message: `Missing required parameter: '${missing}'.`,
        param: missing,
        code: 'missing_required_parameter',
      };
    }
    const { name } = offered;
    const found = nameFault(name, `${param}.function.name`) ?? parametersFault(offered, `${param}.function.parameters`);
    if (found !== undefined) return found;
    if (names.has(name)) {
      const message = `Invalid 'tools': tool names must be unique, but '${name}' is there more than once.`;
      return { message, param: `${param}.function.name`, code: 'invalid_value' };
    }
    names.add(name);
  }
  return undefined;
}

function parametersFault(offered: Readonly<Record<string, unknown>>, param: string): RequestFault | undefined {
  const { name, parameters } = offered;
  if (parameters === undefined) return undefined;
  const type = isRecord(parameters) ? parameters['type'] : undefined;
  if (type === 'object') return undefined;
  const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(type ?? 'None')}'.`;
  return { message, param, code: 'invalid_function_parameters' };
}

function choiceFault({ tools, tool_choice: choice }: Readonly<Record<string, unknown>>): RequestFault | undefined {
  if (choice == null || !Array.isArray(tools)) return undefined;
  if (typeof choice === 'string') {
    if (['none', 'auto', 'required'].includes(choice)) return undefined;
    const message = `Invalid value: '${choice}'. Supported values are: 'none', 'auto', and 'required'.`;
    return { message, param: 'tool_choice', code: 'invalid_value' };
  }
  const wanted = isRecord(choice) && isRecord(choice['function']) ? choice['function']['name'] : undefined;
  const isOffered = tools.some(
    (tool: unknown) => isRecord(tool) && isRecord(tool['function']) && tool['function']['name'] === wanted,
  );
  if (isOffered || (isRecord(choice) && choice['type'] !== 'function')) return undefined;
  const message = `Invalid value for 'tool_choice': tool '${wanted}' not found in 'tools' parameter.`;
  return { message, param: 'tool_choice', code: null };
}

function streamOptionsFault(body: Readonly<Record<string, unknown>>): RequestFault | undefined {
  if (body['stream_options'] == null || body['stream'] === true) return undefined;
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return { message, param: 'stream_options', code: null };
}
