import type { CommandContext } from './command-context.ts';

interface CommandModule {
  /** Resolves with the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** A command is loaded when it is called: the help loads none. */
const LOADERS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  run: () => import('./commands/run.ts'),
  chat: () => import('./commands/chat.ts'),
  init: () => import('./commands/init.ts'),
  mcp: () => import('./commands/mcp.ts'),
  serve: () => import('./commands/serve.ts'),
  inspect: () => import('./commands/inspect.ts'),
  'runs list': () => import('./commands/runs-list.ts'),
  'runs show': () => import('./commands/runs-show.ts'),
  'runs watch': () => import('./commands/runs-watch.ts'),
  'runs resume': () => import('./commands/runs-resume.ts'),
  'runs cancel': () => import('./commands/runs-cancel.ts'),
  'runs fork': () => import('./commands/runs-fork.ts'),
  'runs export': () => import('./commands/runs-export.ts'),
  'runs delete': () => import('./commands/runs-delete.ts'),
  approve: () => import('./commands/approve.ts'),
  deny: () => import('./commands/deny.ts'),
  answer: () => import('./commands/answer.ts'),
  tools: () => import('./commands/tools.ts'),
  doctor: () => import('./commands/doctor.ts'),
  completion: () => import('./commands/completion.ts'),
  help: () => import('./commands/help.ts'),
};

/** Loads the code of a command of the table. */
export async function loadCommand(name: string): Promise<CommandModule> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`The command "${name}" of the table has no code.`);
  return load();
}
