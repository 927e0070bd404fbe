import type { CommandContext } from '../command-context.ts';
import { COMMANDS } from '../command-table.ts';
import { createUsageError } from '../errors.ts';

/** `pawl completion bash|zsh|fish`: made of the table of commands. */
export async function executeCompletion({ args, output }: CommandContext): Promise<number> {
  const shell = args.getPositional(0);
  const write = SHELLS[shell];
  if (write === undefined)
    throw createUsageError(
      `There is no completion for ${JSON.stringify(shell)}. There is: ${Object.keys(SHELLS).join(', ')}.`,
    );
  await output.write(write());
  return 0;
}

/** The words that can follow others: the commands, the second words of a group, and the options of each command. */
function listWords(): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, Set<string>>([['', new Set()]]);
  for (const { name, options } of COMMANDS) {
    const [first = '', second] = name.split(' ');
    words.get('')?.add(first);
    const group = words.get(first) ?? new Set();
    if (second !== undefined) words.set(first, group.add(second));
    words.set(name, new Set([...(words.get(name) ?? []), ...Object.keys(options).map((option) => `--${option}`)]));
  }
  words.get('help')?.add('exit-codes');
  for (const shell of Object.keys(SHELLS)) words.get('completion')?.add(shell);
  return new Map([...words].map(([name, set]) => [name, [...set]]));
}

const SHELLS: Readonly<Record<string, () => string>> = {
  bash: () => `_pawl() {
  local words
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${[...listWords()]
  .filter(([name]) => name.includes(' '))
  .map(([name, words]) => `    "${name}") [ "$COMP_CWORD" -gt 2 ] && words="${words.join(' ')}" ;;\n`)
  .join('')}  esac
  if [ -z "$words" ]; then case "\${COMP_WORDS[1]}" in
${[...listWords()]
  .filter(([name]) => name !== '' && !name.includes(' '))
  .map(([name, words]) => `    ${name}) [ "$COMP_CWORD" -gt 1 ] && words="${words.join(' ')}" ;;\n`)
  .join('')}  esac; fi
  [ "$COMP_CWORD" -eq 1 ] && words="${listWords().get('')?.join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _pawl pawl
`,
  zsh: () => `#compdef pawl
autoload -U +X bashcompinit && bashcompinit
${SHELLS['bash']?.()}`,
  fish: () =>
    COMMANDS.flatMap(({ name, summary, options }) => {
      const [first = '', second] = name.split(' ');
      const condition = second === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${first}`;
      const inside = name
        .split(' ')
        .map((word) => `__fish_seen_subcommand_from ${word}`)
        .join('; and ');
      return [
        `complete -c pawl -n "${condition}" -a ${second ?? first} -d ${JSON.stringify(summary)}\n`,
        ...Object.entries(options).map(
          ([option, { value, summary: text }]) =>
            `complete -c pawl -n "${inside}" -l ${option}${value === undefined ? '' : ' -r'} -d ${JSON.stringify(text)}\n`,
        ),
      ];
    }).join(''),
};
