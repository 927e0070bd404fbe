import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { asFunctionTool } from '../chat/custom-as-function.ts';
import type { CustomFormat, CustomToolObject } from '../chat/request.ts';
import { getErrorMessage } from '../event/error-data.ts';
import { linkedReport } from '../schema/linked-report.ts';
import type { Validated } from '../schema/schema.ts';
import {
  OUTCOME_HINTS,
  TOOL_BASICS,
  TOOL_HINTS,
  type Tool,
  type ToolOptions,
  toolBasics,
  whereOf,
  withoutToolFields,
} from './tool.ts';

export interface CustomToolOptions<Context = unknown, Output = unknown> extends ToolOptions<string, Context, Output> {
  /** Which texts the model may write. @defaultValue any */
  readonly format?: CustomFormat;
}

/**
 * Defines a tool whose input is text as the model writes it: code, a query, a patch. No JSON is needed around it.
 *
 * Servers that know functions only are sent a function with one parameter, `input`; nothing enforces a grammar there.
 *
 * @throws ConfigError naming the tool and the fix, where the definition can't work.
 */
export function customTool<Context = unknown, Output = unknown>(
  given: CustomToolOptions<Context, Output>,
): Tool<Context, string, Awaited<Output>> {
  const options = checkOptions(withoutToolFields(given), CUSTOM_TOOL, whereOf(given, 'customTool()'));
  const { name, format } = options;
  const basics = toolBasics<string, Context>(options);
  const { description } = basics;
  if (format !== undefined) checkFormat(format, name);
  const custom: CustomToolObject['custom'] = {
    name,
    ...(description !== undefined && { description }),
    ...(format !== undefined && { format }),
  };
  const functionObject = asFunctionTool({ type: 'custom', custom }).function;
  const { parameters = {} } = functionObject;
  return Object.freeze({
    ...basics,
    functionObject,
    customObject: custom,
    jsonSchema: parameters,
    strictReport: linkedReport(parameters, { strict: options.strict, where: `Tool "${name}", input` }),
    validate: readInput,
  });
}

const NO_INPUT = 'A custom tool takes text; tool() takes an input schema.';

const CUSTOM_TOOL: OptionTable<CustomToolOptions<never>> = {
  keys: { ...TOOL_BASICS, format: 'any' },
  hints: {
    ...TOOL_HINTS,
    ...OUTCOME_HINTS,
    input: NO_INPUT,
    parameters: NO_INPUT,
    inputSchema: NO_INPUT,
    schema: NO_INPUT,
    grammar: 'The option is "format": { type: "grammar", grammar: { syntax, definition } }.',
  },
};

/** Arguments in the form of the function: `{ input }`. */
async function readInput(value: unknown): Promise<Validated> {
  const input = isRecord(value) ? value['input'] : undefined;
  if (typeof input === 'string') return { ok: true, value: input };
  return { ok: false, issues: `input: expected string, got ${input === null ? 'null' : typeof input}` };
}

function checkFormat(format: CustomFormat, name: string): void {
  const where = `Tool "${name}", format`;
  const { type, grammar }: { type?: unknown; grammar?: { syntax?: unknown; definition?: unknown } } = format ?? {}; // From JavaScript it may be anything.
  if (type === 'text') return;
  if (type !== 'grammar') {
    throw new ConfigError(`${where}: type is ${JSON.stringify(type)}. Use "text" or "grammar".`);
  }
  const { syntax, definition } = grammar ?? {};
  if (syntax !== 'lark' && syntax !== 'regex') {
    throw new ConfigError(`${where}.grammar: syntax is ${JSON.stringify(syntax)}. Use "lark" or "regex".`);
  }
  if (typeof definition !== 'string' || definition.trim() === '') {
    throw new ConfigError(`${where}.grammar: there is no definition. Write the ${syntax} as a text.`);
  }
  if (syntax === 'regex') checkRegex(definition, `${where}.grammar`);
}

/** What is wrong in any dialect. What only another one knows is left to the server. */
function checkRegex(definition: string, where: string): void {
  if (OTHER_DIALECTS.test(definition)) return;
  try {
    new RegExp(definition);
  } catch (error) {
    throw new ConfigError(`${where}: definition is no regular expression. Mend it: ${getErrorMessage(error)}`);
  }
}

/** Flags and named groups, `]` first in a class, possessive quantifiers: servers follow Rust's dialect. */
const OTHER_DIALECTS = /\(\?(?![:=!])|\[\^?\]|[*+?}][*+{]/;
