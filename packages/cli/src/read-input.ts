import type { CommandContext } from './command-context.ts';
import { createUsageError } from './errors.ts';

/**
 * Reads the question of a run. `-` takes all of it from stdin; what is piped besides a question is appended to it as context.
 *
 * @throws CliError if there is none
 */
export async function readQuestion(given: string | undefined, context: Omit<CommandContext, 'args'>): Promise<string> {
  const { stdin } = context.io;
  const isPiped = stdin.isTTY !== true;
  if (given === '-' || (given === undefined && isPiped)) {
    const text = (await readStdin(context)).trim();
    if (text !== '') return text;
    throw createUsageError('stdin is empty. Pipe the question into it, or pass it: pawl run AGENT "question"');
  }
  if (given === undefined) throw createUsageError('There is no question. Pass it: pawl run AGENT "question"');
  if (given.trim() === '') throw createUsageError('The question is empty.');
  const piped = isPiped ? (await readStdin(context)).trim() : '';
  return piped === '' ? given : `${given}\n\n${piped}`;
}

async function readStdin({ io, output }: Omit<CommandContext, 'args'>): Promise<string> {
  const arrived = new AbortController();
  // A script may have left stdin open without meaning it.
  void io.clock.sleep(PATIENCE_MS, arrived.signal).then(
    () => output.note('pawl: waiting for the end of stdin. To pass nothing: < /dev/null'),
    () => undefined,
  );
  try {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of io.stdin)
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  } catch {
    return ''; // A closed stdin has nothing.
  } finally {
    arrived.abort();
  }
}

const PATIENCE_MS = 3_000;
