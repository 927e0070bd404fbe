import type { JsonObject, ToolContext } from '@pawl/core';
import { SuspendRun, ToolError } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { isRecord } from '@pawl/core/model';
import type { Client, ElicitRequestParams, ElicitResult, InputRequiredResult } from '../sdk.ts';

/** A question of a server: a form, or a page to visit. As the server sent it. */
export type McpQuestion = ElicitRequestParams;

/** An answer to one question. `content` has the fields of an accepted form. */
export interface McpAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/**
 * Answers a question of a server within the deadline of the call. The context is `undefined` with servers of the revision 2025-11-25, which do
 * not say which call a question belongs to.
 */
export type ElicitationHandler = (
  question: McpQuestion,
  toolContext: ToolContext | undefined,
) => McpAnswer | Promise<McpAnswer>;

/** The capability: forms, whose omitted fields get their defaults, and pages. */
export const ELICITATION: { readonly form: { readonly applyDefaults: true }; readonly url: Record<string, never> } = {
  form: { applyDefaults: true },
  url: {},
};

/** A server that asks more often does not come to an end. */
const MAX_ROUNDS = 10;

/** What a suspended call goes on with. The server keeps nothing: its state is in `requestState`. */
interface QuestionState {
  readonly requestState?: string;
  readonly questions: Readonly<Record<string, McpQuestion>>;
  readonly round: number;
}

/** What the next `tools/call` says besides the arguments. */
export interface CallRound {
  /** From 0. */
  readonly index: number;
  readonly inputResponses?: Readonly<Record<string, McpAnswer>>;
  readonly requestState?: string;
}

/**
 * Reads the round of a call: the first, or the one after a suspension.
 *
 * @throws SuspendRun again, if the value of the answer does not fit the questions
 */
export function readRound({ resumeData }: Pick<ToolContext, 'resumeData'>, tool: string): CallRound {
  if (resumeData === undefined) return { index: 0 };
  const state = resumeData.state as unknown as QuestionState; // Written by `suspend`.
  const problem = findProblem(state, resumeData.value);
  if (problem !== undefined) throw suspend(state, tool, problem);
  return createRound(state, resumeData.value as unknown as CallRound['inputResponses']); // Checked by `findProblem`.
}

function createRound({ round, requestState }: QuestionState, inputResponses: CallRound['inputResponses']): CallRound {
  return {
    index: round + 1,
    ...(inputResponses !== undefined && { inputResponses }),
    ...(requestState !== undefined && { requestState }),
  };
}

interface QuestionScope {
  readonly tool: string;
  readonly round: number;
  readonly onElicitation: 'suspend' | 'decline' | ElicitationHandler;
  readonly toolContext: ToolContext;
}

/**
 * Turns a response with questions into the next round.
 *
 * @throws SuspendRun if the questions wait for an answer from outside
 * @throws ToolError if the server asks for something else, or too often
 */
export async function askQuestions(result: InputRequiredResult, scope: QuestionScope): Promise<CallRound> {
  const { tool, round, onElicitation, toolContext } = scope;
  if (round >= MAX_ROUNDS) throw new ToolError(`The tool asked ${MAX_ROUNDS} times, and did not come to a result.`);
  const { requestState } = result;
  const questions = readQuestions(result);
  const state: QuestionState = { ...(requestState !== undefined && { requestState }), questions, round };
  const asked = Object.entries(questions);
  if (asked.length === 0) return createRound(state, undefined); // The server only wants to be called again.
  if (onElicitation === 'suspend') throw suspend(state, tool);
  const answers: Record<string, McpAnswer> = {};
  for (const [key, question] of asked) {
    answers[key] = onElicitation === 'decline' ? { action: 'decline' } : await onElicitation(question, toolContext);
  }
  return createRound(state, answers);
}

function readQuestions({ inputRequests = {} }: InputRequiredResult): Readonly<Record<string, McpQuestion>> {
  const entries = Object.entries(inputRequests).map(([key, request]) => {
    if (request.method === 'elicitation/create') return [key, request.params as McpQuestion] as const; // By its method.
    throw new ToolError(`The tool needs "${request.method}" of its client, which is not offered.`);
  });
  return Object.fromEntries(entries);
}

function suspend(state: QuestionState, tool: string, problem?: string): SuspendRun {
  const questions = Object.values(state.questions).map(({ message }) => message);
  const requests = state.questions as unknown as JsonObject; // They came as JSON.
  return new SuspendRun(questions.join('\n'), {
    preview: { tool, requests, ...(problem !== undefined && { problem }) },
    state: state as unknown as Json,
  });
}

const ACTIONS: ReadonlySet<unknown> = new Set(['accept', 'decline', 'cancel']);

/** Checks the shape of answers from outside. The server checks the fields of a form. */
function findProblem({ questions }: QuestionState, value: Json): string | undefined {
  const shape = '{ [key]: { action: "accept" | "decline" | "cancel", content? } }';
  if (!isRecord(value)) return `it is no object. Pass ${shape}`;
  const keys = Object.keys(questions);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    return `there is no question ${JSON.stringify(unknown)}. The questions are ${keys.join(', ')}`;
  for (const key of keys) {
    const answer = value[key];
    if (!isRecord(answer) || !ACTIONS.has(answer['action'])) return `${key} has no valid action. Pass ${shape}`;
    const { content } = answer;
    if (content !== undefined && !isRecord(content)) return `${key}.content is no object`;
  }
  return undefined;
}

/**
 * Answers questions of servers of the revision 2025-11-25. They wait on the open connection, which ends with this process, so such a
 * question cannot suspend a run.
 */
export function answerLegacyQuestions(
  client: Client,
  {
    onElicitation,
    onLog,
  }: { readonly onElicitation: QuestionScope['onElicitation']; readonly onLog: (text: string) => void },
): void {
  client.setRequestHandler('elicitation/create', async ({ params }): Promise<ElicitResult> => {
    if (typeof onElicitation === 'function') {
      return (await onElicitation(params, undefined)) as ElicitResult; // The same, without `readonly`.
    }
    if (onElicitation === 'suspend') {
      onLog(
        `A question was declined, because a server of the revision 2025-11-25 cannot wait for a suspended run. Answer it in onElicitation: ${params.message}`,
      );
    }
    return { action: 'decline' };
  });
}
