import type { CommandContext } from './command-context.ts';

/** Resolves with the exit code. */
type ExecuteCommand = (context: CommandContext) => Promise<number>;

/** A command is loaded when it is called: the help loads none. */
const LOADERS: Readonly<Record<string, () => Promise<ExecuteCommand>>> = {
  run: () => import('./commands/run.ts').then(({ executeRun }) => executeRun),
  chat: () => import('./commands/chat.ts').then(({ executeChat }) => executeChat),
  init: () => import('./commands/init.ts').then(({ executeInit }) => executeInit),
  mcp: () => import('./commands/mcp.ts').then(({ executeMcp }) => executeMcp),
  serve: () => import('./commands/serve.ts').then(({ executeServe }) => executeServe),
  inspect: () => import('./commands/inspect.ts').then(({ executeInspect }) => executeInspect),
  'runs list': () => import('./commands/runs-list.ts').then(({ executeRunsList }) => executeRunsList),
  'runs show': () => import('./commands/runs-show.ts').then(({ executeRunsShow }) => executeRunsShow),
  'runs watch': () => import('./commands/runs-watch.ts').then(({ executeRunsWatch }) => executeRunsWatch),
  'runs resume': () => import('./commands/runs-resume.ts').then(({ executeRunsResume }) => executeRunsResume),
  'runs cancel': () => import('./commands/runs-cancel.ts').then(({ executeRunsCancel }) => executeRunsCancel),
  'runs fork': () => import('./commands/runs-fork.ts').then(({ executeRunsFork }) => executeRunsFork),
  'runs export': () => import('./commands/runs-export.ts').then(({ executeRunsExport }) => executeRunsExport),
  'runs delete': () => import('./commands/runs-delete.ts').then(({ executeRunsDelete }) => executeRunsDelete),
  approve: () => import('./commands/approve.ts').then(({ executeApprove }) => executeApprove),
  deny: () => import('./commands/deny.ts').then(({ executeDeny }) => executeDeny),
  answer: () => import('./commands/answer.ts').then(({ executeAnswer }) => executeAnswer),
  tools: () => import('./commands/tools.ts').then(({ executeTools }) => executeTools),
  doctor: () => import('./commands/doctor.ts').then(({ executeDoctor }) => executeDoctor),
  completion: () => import('./commands/completion.ts').then(({ executeCompletion }) => executeCompletion),
  help: () => import('./commands/help.ts').then(({ executeHelp }) => executeHelp),
};

/** Loads the code of a command of the table. */
export async function loadCommand(name: string): Promise<ExecuteCommand> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`The command "${name}" of the table has no code.`);
  return load();
}
