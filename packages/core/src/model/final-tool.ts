import { type AssistantMessage, callArguments, callName, type ToolCall } from '../chat/message.ts';
import type { ChatChoice, ChatReply } from '../chat/reply.ts';
import type { ChatRequest, FunctionToolObject, ToolChoice, ToolObject } from '../chat/request.ts';
import { toolObjectName } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import type { ModelContext } from './chat-model.ts';
import type { Profile } from './profile.ts';

/** A request whose answer comes as the call of a tool, and the way back to an answer in text. */
export interface FinalTool {
  readonly request: ChatRequest;
  /** Tells pieces of that call as text. */
  context(context: ModelContext): ModelContext;
  reply(reply: ChatReply): ChatReply;
}

/**
 * An output schema for servers that hold a model to no `response_format`, but to the parameters of a tool: the model
 * gives its answer by calling one. `undefined` where the server or the request needs none.
 */
export function finalTool(request: ChatRequest, profile: Profile): FinalTool | undefined {
  const { response_format: format, tools = NONE, tool_choice: choice, ...rest } = request;
  if (profile.responseFormat !== 'tool' || format?.type !== 'json_schema') return undefined;
  const tool = toolFor(format.json_schema.schema ?? {}, tools);
  const { name } = tool.function;
  const toolChoice = choiceFor(choice, { name, profile });
  return {
    request: { ...rest, tools: [...tools, tool], ...(toolChoice !== undefined && { tool_choice: toolChoice }) },
    context: (context) => ({
      ...context,
      onDelta(delta) {
        if (delta.type !== 'call' || delta.name !== name) return context.onDelta(delta);
        return delta.delta === '' ? undefined : context.onDelta({ type: 'text', delta: delta.delta });
      },
    }),
    reply({ choices: [first, ...others], ...reply }) {
      return { ...reply, choices: [answered(first, name), ...others.map((choice) => answered(choice, name))] };
    },
  };
}

const NONE: readonly ToolObject[] = [];

const made = new WeakMap<JsonSchema, Map<string, FunctionToolObject>>();

/** Made once for each schema and name, so that its JSON is as well. */
function toolFor(schema: JsonSchema, tools: readonly ToolObject[]): FunctionToolObject {
  let name = 'final_answer';
  while (tools.some((tool) => toolObjectName(tool) === name)) name += '_';
  const known = made.get(schema) ?? new Map<string, FunctionToolObject>();
  made.set(schema, known);
  const tool: FunctionToolObject = known.get(name) ?? {
    type: 'function',
    function: {
      name,
      description: 'Gives the final answer. Call it once, when you have the whole of it, beside no other call.',
      parameters: schema,
    },
  };
  known.set(name, tool);
  return tool;
}

interface Choosing {
  readonly name: string;
  readonly profile: Profile;
}

/** Without tools means: answer now. Otherwise some tool has to be called, if only that one. */
function choiceFor(choice: ToolChoice | undefined, { name, profile }: Choosing): ToolChoice | undefined {
  if (choice === 'none') return { type: 'function', function: { name } };
  if (choice !== undefined && choice !== 'auto') return choice;
  return profile.toolChoices.includes('required') ? 'required' : choice;
}

function answered(choice: ChatChoice, name: string): ChatChoice {
  const { tool_calls: calls = [], ...rest } = choice.message;
  const others = calls.filter((call) => callName(call) !== name);
  const final = calls.findLast((call) => callName(call) === name);
  if (final === undefined) return choice;
  // Beside other calls it came too early: their results are not in it.
  if (others.length > 0) return { ...choice, message: { ...rest, tool_calls: others } };
  const finishReason = choice.finish_reason === 'tool_calls' ? 'stop' : choice.finish_reason;
  return { ...choice, message: said(rest, final), finish_reason: finishReason };
}

function said(message: AssistantMessage, call: ToolCall): AssistantMessage {
  return { ...message, content: callArguments(call) };
}
