import type { ChatRequest, FunctionObject } from '@pawl/core';

/**
 * The tool whose call is the answer, where the request has one: Pawl offers it to servers that take no `response_format` beside tools. It
 * is called when nothing else is left to call.
 */
export function answerTool({ tools = [], tool_choice: choice }: ChatRequest): FunctionObject | undefined {
  const offered = tools.flatMap((tool) =>
    tool.type === 'function' && isAnswerTool(tool.function) ? tool.function : [],
  );
  const named = typeof choice === 'object' && choice?.type === 'function' ? choice.function?.name : undefined;
  return choice === 'none' ? undefined : offered.find(({ name }) => named === undefined || name === named);
}

export function isAnswerTool({ name, description = '' }: Pick<FunctionObject, 'name' | 'description'>): boolean {
  return /^final_answer_*$/.test(name) && /^Gives the final answer\b/.test(description);
}
