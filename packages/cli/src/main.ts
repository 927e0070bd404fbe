import { parseCommand } from './arguments.ts';
import type { CommandIo } from './command-io.ts';
import { COMMANDS, findCommand } from './command-table.ts';
import { createUsageError, describeError } from './errors.ts';
import { formatCommandHelp, formatHelp, formatVersion } from './help.ts';
import { Interrupts } from './interrupts.ts';
import { Output } from './terminal/output.ts';

/**
 * Runs the command `pawl` with the streams and the environment that it is given. Never rejects.
 *
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const interrupts = new Interrupts();
  const output = new Output(io, ({ code, message }) => {
    if (code === 'EPIPE' || code === 'ECONNRESET') interrupts.raise('SIGPIPE');
    else {
      // A full disk: an answer that is cut must not look complete.
      output.noteWhole(`pawl: the output cannot be written: ${message}`);
      interrupts.fail();
    }
  });
  try {
    return await Promise.race([interrupts.forced, runCommand(argv, { io, output, interrupts })]);
  } finally {
    interrupts.detach();
    output.detach();
  }
}

interface Environment {
  readonly io: CommandIo;
  readonly output: Output;
  readonly interrupts: Interrupts;
}

async function runCommand(argv: readonly string[], environment: Environment): Promise<number> {
  const { output } = environment;
  try {
    return await dispatch(argv, environment);
  } catch (error) {
    const { code, message, exitCode } = describeError(error);
    await output.endLine();
    if (hasJsonFlag(argv)) await output.writeJson({ type: 'error', error: { code, message } });
    else output.noteWhole(`pawl: ${message}`, 'red');
    return exitCode;
  }
}

async function dispatch(argv: readonly string[], environment: Environment): Promise<number> {
  const { io, output, interrupts } = environment;
  const [first] = argv;
  if (first === undefined || first === '--help' || first === '-h') {
    await output.write(formatHelp());
    return 0;
  }
  if (first === '--version' || first === '-v') {
    await output.write(`${await formatVersion()}\n`);
    return 0;
  }
  const found = findCommand(argv);
  if (found === undefined) {
    const names = COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(`${first} `));
    throw createUsageError(
      names.length > 0
        ? `There is no command ${JSON.stringify(argv.slice(0, 2).join(' '))}. There are: ${names.join(', ')}.`
        : `There is no command ${JSON.stringify(first)}. See: pawl --help`,
    );
  }
  const { command, rest } = found;
  const end = rest.indexOf('--');
  const flags = end === -1 ? rest : rest.slice(0, end);
  if (flags.includes('--help') || flags.includes('-h')) {
    await output.write(formatCommandHelp(command));
    return 0;
  }
  const args = parseCommand(command, rest);
  if (command.name !== 'help') {
    const { checkOwnCore } = await import('./check-core.ts');
    checkOwnCore();
  }
  // The help needs neither: each takes as long as writing it.
  interrupts.attach(io.onSignal);
  const { loadCommand } = await import('./load-command.ts');
  const execute = await loadCommand(command.name);
  return await execute({ args, ...environment });
}

/** Read from the text: the arguments may be wrong. */
function hasJsonFlag(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  return (
    flags.includes('--json') ||
    flags.includes('--output=jsonl') ||
    flags.some((flag, index) => flag === '--output' && flags[index + 1] === 'jsonl')
  );
}
