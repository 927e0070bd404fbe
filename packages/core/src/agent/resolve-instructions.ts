import { ConfigError } from '../base/errors.ts';
import { isCodeMistake } from '../event/describe-for-model.ts';

/** As an agent has them: its context's type is checked where `Agent` is used. */
export type Instructions = string | ((context: never) => string | Promise<string>) | undefined;

/** @throws ConfigError for what is no text, and what a function of the user's throws. */
export async function resolveInstructions(instructions: Instructions, context: unknown): Promise<string | undefined> {
  if (typeof instructions !== 'function') return textOrNone(instructions);
  const text: unknown = await asked(instructions, context);
  if (typeof text === 'string') return textOrNone(text);
  if (text === undefined || text === null) return undefined;
  throw new ConfigError(`instructions gave a value of type ${typeof text}. Give a string.`);
}

/** From JavaScript an agent may be run, or resumed by a host, without the context that its instructions read. */
async function asked(instructions: (context: never) => unknown, context: unknown): Promise<unknown> {
  try {
    return await instructions(context as never); // Its type is checked where `Agent` is used.
  } catch (error) {
    if (context !== undefined || instructions.length === 0 || !isCodeMistake(error)) throw error;
    throw new ConfigError(
      `The instructions failed in a run without a context: ${error.message}. If they read one, pass it: agent.run(input, { context }).`,
      { cause: error },
    );
  }
}

/** Servers refuse a system message that says nothing. */
function textOrNone(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text;
}
