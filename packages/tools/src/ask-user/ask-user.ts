import { ConfigError, checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { z } from 'zod';

/** The type of an answer. */
export type AnswerForm = 'text' | 'number' | 'yes_or_no';

export interface AskUserOptions {
  /** @defaultValue 'ask_user' */
  readonly name?: string;
  /** Tells the model when to ask. @defaultValue if it cannot continue without information that only the user has */
  readonly description?: string;
  /** The allowed answers to every question. @defaultValue the options that the model passes, if any */
  readonly choices?: readonly string[];
  /** Milliseconds to wait for an answer; then the call fails, and its result says that no answer came. @defaultValue no limit */
  readonly timeoutMs?: number;
}

interface Question {
  readonly question: string;
  readonly options?: readonly string[] | undefined;
  readonly answer?: AnswerForm | undefined;
}

const ASK_USER: OptionTable<AskUserOptions> = {
  keys: {
    name: 'any',
    description: 'text',
    choices: 'texts',
    timeoutMs: 'number',
  },
  hints: {
    options: 'The option is "choices".',
  },
};

/**
 * Creates a tool that asks the user. The run is suspended until the question is answered: the question is in
 * `outcome.pending`, and any process answers it with `host.answer(runId, id, { type: 'result', fingerprint, value })`. An answer that
 * is not one of the choices, or has another type, becomes an error result for the model.
 *
 * @throws ConfigError if the name is invalid, `timeoutMs` is not positive, or `choices` has fewer than two entries.
 */
export function askUser(options: AskUserOptions = {}): Tool<unknown> {
  const checked = checkOptions(options, ASK_USER, 'Tool "ask_user"');
  const { name = 'ask_user', description = DESCRIPTION, choices, timeoutMs } = checked;
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new ConfigError(
      `Tool "${name}": timeoutMs is ${timeoutMs}. Pass a positive number of milliseconds, or omit it.`,
    );
  }
  if (choices !== undefined && new Set(choices).size < 2) {
    throw new ConfigError(
      `Tool "${name}": choices has ${choices.length} different ${choices.length === 1 ? 'entry' : 'entries'}. Pass two or more, or omit it.`,
    );
  }
  return tool<Question>({
    name,
    description,
    input: choices === undefined ? QUESTION : QUESTION_ONLY,
    effect: 'read',
    preview: ({ question, options: proposed }) => {
      const offered = choices ?? proposed;
      return offered === undefined ? question : { question, options: [...offered] };
    },
    parseExternalResult: (value, { options: proposed, answer = 'text' }) => {
      const offered = choices ?? proposed;
      return offered === undefined ? parseAnswer(value, answer) : parseChoice(value, offered);
    },
    ...(timeoutMs === undefined ? {} : { approvalTimeoutMs: timeoutMs }),
  });
}

const QUESTION_ONLY = z.object({
  question: z.string().min(1).describe('One question, worded for the user.'),
});

const QUESTION = QUESTION_ONLY.extend({
  options: z
    .array(z.string().min(1))
    .min(2)
    .max(20)
    .optional()
    .describe('The allowed answers. Omit this if the user may answer freely.'),
  answer: z
    .enum(['text', 'number', 'yes_or_no'])
    .optional()
    .describe('The type of the answer, if there are no options.'),
});

const DESCRIPTION =
  'Ask the user a question and wait for the answer. Use it only if you cannot continue without information that only the user has.';

function parseChoice(value: Json, options: readonly string[]): string {
  const answer = String(value).trim();
  const found =
    options.find((option) => option === answer) ??
    options.find((option) => option.toLowerCase() === answer.toLowerCase());
  if (found !== undefined && typeof value !== 'object') return found;
  throw new ToolError(`The user answered ${JSON.stringify(value)}, which is not one of: ${options.join(', ')}.`);
}

function parseAnswer(value: Json, form: AnswerForm): Json {
  switch (form) {
    case 'text':
      return value;
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return number;
      throw new ToolError(`The user answered ${JSON.stringify(value)}, which is not a number.`);
    }
    case 'yes_or_no': {
      const answer = typeof value === 'string' ? value.trim().toLowerCase() : value;
      if (answer === true || answer === 'yes') return 'yes';
      if (answer === false || answer === 'no') return 'no';
      throw new ToolError(`The user answered ${JSON.stringify(value)}, which is neither yes nor no.`);
    }
  }
}
