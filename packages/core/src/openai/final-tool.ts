import { memoize } from '../base/memoize.ts';
import { callArguments, callName } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject, ResponseFormat, ToolChoice, ToolObject } from '../chat/request.ts';
import { getToolObjectName } from '../chat/request.ts';
import type { ChatChoice, ChatResponse } from '../chat/response.ts';
import type { ModelContext } from '../model/chat-model.ts';
import type { Profile } from './profile.ts';
import { withInstruction } from './shape-format.ts';

/** A request whose answer comes as the call of a tool, and the way back to an answer in text. */
export interface FinalTool {
  readonly request: ChatRequest;
  /** Tells pieces of that call as text. */
  context(context: ModelContext): ModelContext;
  reply(reply: ChatResponse): ChatResponse;
}

/**
 * An output schema for servers that hold a model to no `response_format`, or to none where tools are shown, but to the parameters of a
 * tool: the model gives its answer by calling one. `undefined` where the server or the request needs none.
 */
export function finalTool(request: ChatRequest, profile: Profile): FinalTool | undefined {
  const { response_format: format, tools = NONE, tool_choice: choice, messages, ...rest } = request;
  if (format?.type !== 'json_schema' || !needsFinalTool(request, profile)) return undefined;
  const tool = toolFor(format.json_schema, tools);
  const { name } = tool.function;
  const toolChoice = choiceFor(choice, name, profile);
  return {
    request: {
      ...rest,
      messages: isForced(toolChoice, profile) ? messages : withInstruction(messages, instructionFor(name)),
      tools: listsWith(tool)(tools),
      ...(toolChoice !== undefined && { tool_choice: toolChoice }),
    },
    context: (context) => answeringContext(context, name),
    reply({ choices: [first, ...others], ...reply }) {
      return { ...reply, choices: [answered(first, name), ...others.map((choice) => answered(choice, name))] };
    },
  };
}

const NONE: readonly ToolObject[] = [];

function needsFinalTool({ tools = NONE, tool_choice: choice }: ChatRequest, profile: Profile): boolean {
  if (profile.responseFormat === 'tool') return true;
  return profile.outputWithTools === 'final-tool' && tools.length > 0 && choice !== 'none';
}

type OutputSchema = Extract<ResponseFormat, { type: 'json_schema' }>['json_schema'];

const made = new WeakMap<OutputSchema, Map<string, FunctionToolObject>>();

/** Made once for each schema and name, so that its JSON is as well. */
function toolFor(output: OutputSchema, tools: readonly ToolObject[]): FunctionToolObject {
  let name = 'final_answer';
  while (tools.some((tool) => getToolObjectName(tool) === name)) name += '_';
  const known = made.get(output) ?? new Map<string, FunctionToolObject>();
  made.set(output, known);
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

const DESCRIPTION = 'Gives the final answer. Call it once, when you have the whole of it, beside no other call.';

/** The same list each time: the JSON of a list of tools is made once. */
const listsWith = memoize((tool: ToolObject) => memoize((tools: readonly ToolObject[]) => [...tools, tool]));

/** Without tools means: answer now. Otherwise some tool has to be called, if only that one. */
function choiceFor(choice: ToolChoice | null | undefined, name: string, profile: Profile): ToolChoice | undefined {
  const final = { type: 'function', function: { name } } as const;
  if (choice === 'none') return final;
  if (choice == null || choice === 'auto') return canRequire(profile) ? 'required' : (choice ?? undefined);
  if (typeof choice === 'string' || choice.type !== 'allowed_tools') return choice;
  // Left out of the list, it could never be called.
  const { mode, tools } = choice.allowed_tools;
  const allowed = { mode: canRequire(profile) ? 'required' : mode, tools: [...tools, final] } as const;
  return { type: 'allowed_tools', allowed_tools: allowed };
}

/** The legacy form cannot express it. */
function canRequire({ toolForm, toolChoices }: Profile): boolean {
  return toolForm === 'tools' && toolChoices.includes('required');
}

/** Whether the server makes the model call a tool. */
function isForced(choice: ToolChoice | undefined, profile: Profile): boolean {
  if (choice === undefined || choice === 'auto') return false;
  if (canRequire(profile)) return true;
  return typeof choice !== 'string' && choice.type === 'function' && canName(profile);
}

function canName({ toolForm, toolChoices }: Profile): boolean {
  return toolForm === 'functions' || toolChoices.includes('function');
}

function instructionFor(name: string): string {
  return `Give your final answer by calling the tool "${name}". If you answer in text all the same, write the JSON of its arguments and nothing else.`;
}

/** What the model says before the call, or in an earlier one, is not part of the answer. */
function answeringContext(context: ModelContext, name: string): ModelContext {
  let hasText = false;
  let answering: number | undefined;
  return {
    ...context,
    onDelta: (delta) => {
      const isAnswer = delta.type === 'call' && delta.name === name;
      const startsAnswer = isAnswer && hasText && delta.index !== answering;
      if (isAnswer) answering = delta.index;
      hasText ||= isAnswer || delta.type === 'text';
      if (!isAnswer) return context.onDelta(delta);
      if (delta.delta === '') return undefined; // A call without arguments: as text it is nothing.
      return context.onDelta({ type: 'text', delta: delta.delta, ...(startsAnswer && { startsAnswer }) });
    },
  };
}

function answered(choice: ChatChoice, name: string): ChatChoice {
  const { tool_calls: calls = [], ...rest } = choice.message;
  const others = calls.filter((call) => callName(call) !== name);
  const final = calls.findLast((call) => callName(call) === name);
  if (final === undefined) return choice;
  // Beside other calls it came too early: their results are not in it.
  if (others.length > 0) return { ...choice, message: { ...rest, tool_calls: others } };
  const hasCallReason = choice.finish_reason === 'tool_calls' || choice.finish_reason === 'function_call';
  const message = { ...rest, content: callArguments(final) };
  return { ...choice, message, finish_reason: hasCallReason ? 'stop' : choice.finish_reason };
}
