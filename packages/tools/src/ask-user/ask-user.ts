import { ConfigError, checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import { z } from 'zod';

/** What an answer is: a text, a number, or yes or no. */
export type AnswerForm = 'text' | 'number' | 'yes_or_no';

export interface AskUserOptions {
  /** @defaultValue 'ask_user' */
  readonly name?: string;
  /** Tells the model when to ask. @defaultValue when it can't go on without knowing something that only the user knows */
  readonly description?: string;
  /** The only answers that there are, whatever is asked. @defaultValue those that the model gives, if any */
  readonly choices?: readonly string[];
  /** How long an answer is waited for, in milliseconds; then the model is told that none came. @defaultValue no end */
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
 * A tool by which the model asks the user. The run is suspended until somebody answers: the question is among
 * `outcome.pending`, and `host.answer(runId, id, { type: 'result', fingerprint, value })` gives the answer, from any process. An answer
 * that is none of the choices, or of another form, is told to the model as such.
 *
 * @throws ConfigError for a name that can't be sent, a time that is none, or fewer than two choices.
 */
export function askUser(given: AskUserOptions = {}): Tool<unknown> {
  const options = checkOptions(given, ASK_USER, 'Tool "ask_user"');
  const { name = 'ask_user', description = WHEN, choices, timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new ConfigError(`Tool "${name}": timeoutMs is ${timeoutMs}. Pass a number of milliseconds, or leave it out.`);
  }
  if (choices !== undefined && new Set(choices).size < 2) {
    throw new ConfigError(`Tool "${name}": choices has fewer than two. Pass two or more, or leave it out.`);
  }
  return tool<Question>({
    name,
    description,
    input: choices === undefined ? QUESTION : QUESTION_ONLY,
    effect: 'read',
    preview: ({ question, options: given }) => {
      const offered = choices ?? given;
      return offered === undefined ? question : { question, options: [...offered] };
    },
    parseExternalResult: (value, { options: given, answer = 'text' }) => {
      const offered = choices ?? given;
      return offered === undefined ? ofForm(value, answer) : chosen(value, offered);
    },
    ...(timeoutMs === undefined ? {} : { approvalTimeoutMs: timeoutMs }),
  });
}

const QUESTION_ONLY = z.object({
  question: z.string().min(1).describe('One question, as the user is to read it.'),
});

const QUESTION = QUESTION_ONLY.extend({
  options: z
    .array(z.string().min(1))
    .min(2)
    .max(20)
    .optional()
    .describe('The answers to choose from, where there are only these.'),
  answer: z
    .enum(['text', 'number', 'yes_or_no'])
    .optional()
    .describe('What the answer is, where there are no options.'),
});

const WHEN =
  "Asks the user a question and waits for the answer. Only where you can't go on without something that nobody but the user knows.";

function chosen(value: Json, options: readonly string[]): string {
  const said = String(value).trim();
  const found =
    options.find((option) => option === said) ?? options.find((option) => option.toLowerCase() === said.toLowerCase());
  if (found !== undefined && typeof value !== 'object') return found;
  throw new ToolError(`The user answered ${JSON.stringify(value)}, which is none of: ${options.join(', ')}.`);
}

function ofForm(value: Json, form: AnswerForm): Json {
  switch (form) {
    case 'text':
      return value;
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return number;
      throw new ToolError(`The user answered ${JSON.stringify(value)}, which is no number.`);
    }
    case 'yes_or_no': {
      const said = typeof value === 'string' ? value.trim().toLowerCase() : value;
      if (said === true || said === 'yes') return 'yes';
      if (said === false || said === 'no') return 'no';
      throw new ToolError(`The user answered ${JSON.stringify(value)}, which is neither yes nor no.`);
    }
  }
}
