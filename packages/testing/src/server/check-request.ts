import { historyFaults } from './check-history.ts';
import { arrayFault, isRecord, nameFault, type RequestFault, typeFault } from './request-fault.ts';

type Wire = Readonly<Record<string, unknown>>;

/** The first thing that OpenAI's server would refuse this body for. */
export function checkRequest(body: unknown): RequestFault | undefined {
  if (!isRecord(body)) return { ...typeFault(body, { param: 'body', expected: 'an object' }), code: null };
  const { messages, tools } = body;
  if (messages === undefined) return missing('messages');
  return (
    arrayFault(messages, 'messages') ??
    (Array.isArray(messages) ? historyFaults(messages)[0] : undefined) ??
    (tools == null ? orphanedOption(body) : toolsFault(tools)) ??
    choiceFault(body) ??
    streamOptionsFault(body)
  );
}

/** Options that mean something beside tools only. */
function orphanedOption(body: Wire): RequestFault | undefined {
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
    const kind = tool['type'] === 'custom' ? 'custom' : 'function';
    const { [kind]: offered } = tool;
    if (!isRecord(offered)) return missing(`${param}.${kind}`);
    const { name } = offered;
    const found = nameFault(name, `${param}.${kind}.name`) ?? SHAPES[kind](offered, `${param}.${kind}`);
    if (found !== undefined) return found;
    if (names.has(name)) {
      const message = `Invalid 'tools': tool names must be unique, but '${name}' is there more than once.`;
      return { message, param: `${param}.${kind}.name`, code: 'invalid_value' };
    }
    names.add(name);
  }
  return undefined;
}

function missing(param: string): RequestFault {
  return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
}

/** What either kind of tool has beside its name. */
const SHAPES = { function: parametersFault, custom: formatFault } as const;

function parametersFault(offered: Wire, within: string): RequestFault | undefined {
  const { name, parameters } = offered;
  const param = `${within}.parameters`;
  if (parameters === undefined) return undefined;
  const type = isRecord(parameters) ? parameters['type'] : undefined;
  if (isRecord(parameters) && type === 'object') {
    if (REFUSED_AT_ROOT.every((keyword) => parameters[keyword] === undefined)) return undefined;
    const message = `Invalid schema for function '${name}': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.`;
    return { message, param, code: 'invalid_function_parameters' };
  }
  const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: ${JSON.stringify(type ?? 'None')}'.`;
  return { message, param, code: 'invalid_function_parameters' };
}

const REFUSED_AT_ROOT = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

function formatFault({ format }: Wire, within: string): RequestFault | undefined {
  const param = `${within}.format`;
  if (format === undefined) return undefined;
  if (!isRecord(format)) return typeFault(format, { param, expected: 'an object' });
  if (format['type'] === 'text') return undefined;
  if (format['type'] !== 'grammar') return unsupported(format['type'], { param: `${param}.type`, values: FORMATS });
  const { grammar } = format;
  if (!isRecord(grammar)) return missing(`${param}.grammar`);
  const { syntax, definition } = grammar;
  if (typeof definition !== 'string') return missing(`${param}.grammar.definition`);
  if (syntax === 'lark' || syntax === 'regex') return undefined;
  return unsupported(syntax, { param: `${param}.grammar.syntax`, values: "'lark' and 'regex'" });
}

const FORMATS = "'text' and 'grammar'";

function unsupported(
  value: unknown,
  { param, values }: { readonly param: string; readonly values: string },
): RequestFault {
  return { message: `Invalid value: '${value}'. Supported values are: ${values}.`, param, code: 'invalid_value' };
}

function choiceFault({ tools, tool_choice: choice }: Wire): RequestFault | undefined {
  const param = 'tool_choice';
  if (choice == null || !Array.isArray(tools)) return undefined;
  if (typeof choice === 'string') {
    if (['none', 'auto', 'required'].includes(choice)) return undefined;
    return unsupported(choice, { param, values: "'none', 'auto', and 'required'" });
  }
  if (!isRecord(choice)) return typeFault(choice, { param, expected: 'one of a string or object' });
  const { type, allowed_tools: allowed } = choice;
  const chosen = type === 'allowed_tools' ? (isRecord(allowed) ? allowed['tools'] : undefined) : [choice];
  if (!Array.isArray(chosen)) return missing(`${param}.allowed_tools.tools`);
  const stranger = chosen.map(identityOf).find((identity) => !tools.map(identityOf).includes(identity));
  if (stranger === undefined) return undefined;
  const message = `Invalid value for 'tool_choice': ${stranger} not found in 'tools' parameter.`;
  return { message, param, code: null };
}

/** Kind and name, in words. */
function identityOf(tool: unknown): string {
  const isCustom = isRecord(tool) && tool['type'] === 'custom';
  const named = isRecord(tool) ? tool[isCustom ? 'custom' : 'function'] : undefined;
  return `${isCustom ? 'custom tool' : 'tool'} '${isRecord(named) ? named['name'] : undefined}'`;
}

function streamOptionsFault(body: Wire): RequestFault | undefined {
  if (body['stream_options'] == null || body['stream'] === true) return undefined;
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return { message, param: 'stream_options', code: null };
}
