import { memoize } from '../base/memoize.ts';
import { getCallArguments, getCallName } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject, ResponseFormat, ToolChoice, ToolObject } from '../chat/request.ts';
import { getToolObjectName } from '../chat/request.ts';
import type { ChatChoice, ChatResponse } from '../chat/response.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { withInstruction } from './adapt-format.ts';
import type { Profile } from './profile.ts';

/** A request whose final answer is a tool call, and the conversion of that call back to text. */
export interface FinalTool {
  readonly request: ChatRequest;
  /** Emits the deltas of that call as text. */
  wrapContext(context: ModelContext): ModelContext;
  convertResponse(response: ChatResponse): ChatResponse;
}

/**
 * Turns the output schema of a request into a tool, for servers that enforce the parameters of tools but not `response_format`, or not
 * beside tools. The model answers by calling the tool. Returns `undefined` if the server or the request does not need it.
 */
export function createFinalTool(request: ChatRequest, profile: Profile): FinalTool | undefined {
  const { response_format: format, tools = NONE, tool_choice: choice, messages, ...rest } = request;
  if (format?.type !== 'json_schema' || !needsFinalTool(request, profile)) return undefined;
  const tool = getTool(format.json_schema, tools);
  const { name } = tool.function;
  const toolChoice = chooseFinalTool(choice, name, profile);
  return {
    request: {
      ...rest,
      messages: isForced(toolChoice, profile) ? messages : withInstruction(messages, createCallInstruction(name)),
      tools: appendTool(tool)(tools),
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
    },
    wrapContext: (context) => createAnswerContext(context, name),
    convertResponse({ choices: [first, ...others], ...response }) {
      return {
        ...response,
        choices: [convertChoice(first, name), ...others.map((choice) => convertChoice(choice, name))],
      };
    },
  };
}

const NONE: readonly ToolObject[] = [];

function needsFinalTool({ tools = NONE, tool_choice: choice }: ChatRequest, profile: Profile): boolean {
  if (profile.responseFormat === 'tool') return true;
  return profile.outputWithTools === 'final-tool' && tools.length > 0 && choice !== 'none';
}

type OutputSchema = Extract<ResponseFormat, { type: 'json_schema' }>['json_schema'];

const finalTools = new WeakMap<OutputSchema, Map<string, FunctionToolObject>>();

/** Returns the same tool for the same schema and name, so that its JSON is created once. */
function getTool(output: OutputSchema, tools: readonly ToolObject[]): FunctionToolObject {
  let name = 'final_answer';
  while (tools.some((tool) => getToolObjectName(tool) === name)) name += '_';
  const known = finalTools.get(output) ?? new Map<string, FunctionToolObject>();
  finalTools.set(output, known);
  const { schema = { type: 'object' }, strict, description } = output;
  const tool: FunctionToolObject = known.get(name) ?? {
    type: 'function',
    function: {
      name,
      description: description === undefined ? DESCRIPTION : `${DESCRIPTION} ${description}`,
      parameters: schema,
      ...(strict != null && { strict }),
    },
  };
  known.set(name, tool);
  return tool;
}

const DESCRIPTION = 'Gives the final answer. Call it once, when the answer is complete, and without other calls.';

/** Returns the same list each time, so that its JSON is created once. */
const appendTool = memoize((tool: ToolObject) => memoize((tools: readonly ToolObject[]) => [...tools, tool]));

/** `none` means that the model must answer now. Otherwise it must call some tool: another one, or the final one. */
function chooseFinalTool(
  choice: ToolChoice | null | undefined,
  name: string,
  profile: Profile,
): ToolChoice | undefined {
  const final = { type: 'function', function: { name } } as const;
  if (choice === 'none') return final;
  if (choice == null || choice === 'auto') return canRequire(profile) ? 'required' : (choice ?? undefined);
  if (typeof choice === 'string' || choice.type !== 'allowed_tools') return choice;
  // Outside the list, the model could not call the final tool.
  const { mode, tools } = choice.allowed_tools;
  const allowed = { mode: canRequire(profile) ? 'required' : mode, tools: [...tools, final] } as const;
  return { type: 'allowed_tools', allowed_tools: allowed };
}

/** The legacy form of tools has no `required`. */
function canRequire({ toolForm, toolChoices }: Profile): boolean {
  return toolForm === 'tools' && toolChoices.includes('required');
}

/** Whether the server forces the model to call a tool. */
function isForced(choice: ToolChoice | undefined, profile: Profile): boolean {
  if (choice === undefined || choice === 'auto') return false;
  if (canRequire(profile)) return true;
  return typeof choice !== 'string' && choice.type === 'function' && canName(profile);
}

function canName({ toolForm, toolChoices }: Profile): boolean {
  return toolForm === 'functions' || toolChoices.includes('function');
}

function createCallInstruction(name: string): string {
  return `Give your final answer by calling the tool "${name}". If you answer in text instead, write the JSON of its arguments and nothing else.`;
}

/** Text before the call, and an earlier call of the tool, are not part of the answer: `startsAnswer` discards them. */
function createAnswerContext(context: ModelContext, name: string): ModelContext {
  let hasText = false;
  let answerIndex: number | undefined;
  return {
    ...context,
    onDelta: (delta) => {
      const isAnswer = delta.type === 'call' && delta.name === name;
      const startsAnswer = isAnswer && hasText && delta.index !== answerIndex;
      if (isAnswer) answerIndex = delta.index;
      hasText ||= isAnswer || delta.type === 'text';
      if (!isAnswer) return context.onDelta(delta);
      if (delta.delta === '') return undefined; // No arguments, so no text.
      return context.onDelta({ type: 'text', delta: delta.delta, ...(startsAnswer && { startsAnswer }) });
    },
  };
}

function convertChoice(choice: ChatChoice, name: string): ChatChoice {
  const { tool_calls: calls = [], ...rest } = choice.message;
  const others = calls.filter((call) => getCallName(call) !== name);
  const final = calls.findLast((call) => getCallName(call) === name);
  if (final === undefined) return choice;
  // Beside other calls the answer is premature: the model has not seen their results.
  if (others.length > 0) return { ...choice, message: { ...rest, tool_calls: others } };
  const hasCallReason = choice.finish_reason === 'tool_calls' || choice.finish_reason === 'function_call';
  const message = { ...rest, content: getCallArguments(final) };
  return { ...choice, message, finish_reason: hasCallReason ? 'stop' : choice.finish_reason };
}
