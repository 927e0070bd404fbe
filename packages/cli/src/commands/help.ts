import type { CommandContext } from '../command-context.ts';
import { COMMANDS, findCommand } from '../command-table.ts';
import { createUsageError } from '../errors.ts';
import { formatExitCodes } from '../exit-code.ts';
import { formatCommandHelp, formatHelp } from '../help.ts';

/** `pawl help [COMMAND | exit-codes]` */
export async function executeHelp({ args, output }: CommandContext): Promise<number> {
  const [topic] = args.positionals;
  if (topic === undefined) await output.write(formatHelp());
  else if (topic === 'exit-codes') await output.write(formatExitCodes());
  else {
    const exact = COMMANDS.find(({ name }) => name === args.positionals.join(' '));
    const command = exact ?? findCommand(args.positionals)?.command;
    if (command === undefined)
      throw createUsageError(`There is no command ${JSON.stringify(args.positionals.join(' '))}. See: pawl --help`);
    await output.write(formatCommandHelp(command));
  }
  return 0;
}
