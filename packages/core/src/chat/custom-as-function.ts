import type { CustomToolCall, FunctionToolCall } from './message.ts';
import type { CustomFormat, CustomToolObject, FunctionObject, FunctionToolObject } from './request.ts';

/** Turns a custom tool into a function, for servers that have no custom tools. Its text becomes the only argument, `input`. */
export function asFunctionTool({ custom }: CustomToolObject): FunctionToolObject {
  const { name, description, format } = custom;
  const text = format?.type === 'grammar' ? describeGrammar(format.grammar) : 'Any text.';
  const parameters: FunctionObject['parameters'] = {
    type: 'object',
    properties: { input: { type: 'string', description: text } },
    required: ['input'],
    additionalProperties: false,
  };
  return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } };
}

/** Tells the model about the grammar, because such a server does not enforce it. */
function describeGrammar({ syntax, definition }: Extract<CustomFormat, { type: 'grammar' }>['grammar']): string {
  return syntax === 'regex'
    ? `Text that matches this regular expression as a whole: ${definition}`
    : `Text that this Lark grammar allows:\n${definition}`;
}

/** Turns a call of a custom tool into a function call, for the same servers. */
export function asFunctionCall({ custom, type: _, ...rest }: CustomToolCall): FunctionToolCall {
  const called = { name: custom.name, arguments: JSON.stringify({ input: custom.input }) };
  return { ...rest, type: 'function', function: called };
}
