import { type CommandResult, createFolder, DEMO, type RunningCommand, startCommand } from './run-command.ts';
import { serveDemo } from './serve-demo.ts';

/** Where an agent and its runs are, for the same tests of a file and of a server. */
export interface Place {
  readonly agent: string;
  /** Begins a command that knows where the runs are. */
  readonly begin: (...argv: readonly string[]) => RunningCommand;
  readonly call: (...argv: readonly string[]) => Promise<CommandResult>;
  /** Runs the agent, and returns the id of its run. */
  readonly start: (question: string) => Promise<string>;
  /** Returns the objects that a command writes. */
  readonly read: (...argv: readonly string[]) => Promise<readonly JsonLine[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: a test states what it expects
export type JsonLine = any;

export const PLACES: readonly (readonly [name: string, open: () => Promise<Place>])[] = [
  ['a file', openFile],
  ['a server', openServer],
];

export async function openFile(): Promise<Place> {
  const cwd = createFolder();
  return createPlace(DEMO, (argv) => startCommand(argv, { cwd }));
}

export async function openServer(): Promise<Place> {
  const { agent, env, url } = await serveDemo();
  const hasAgent = (argv: readonly string[]): boolean => argv[0] === 'run' || argv.includes(agent);
  return createPlace(agent, (argv) => startCommand(hasAgent(argv) ? argv : [...argv, '--runs', url], { env }));
}

function createPlace(agent: string, begin: (argv: readonly string[]) => RunningCommand): Place {
  const read = async (...argv: readonly string[]): Promise<readonly JsonLine[]> => {
    const command = begin([...argv, '--json']);
    await command.ended;
    return command.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  return {
    agent,
    begin: (...argv) => begin(argv),
    call: (...argv) => begin(argv).ended,
    read,
    start: async (question) => (await read('run', agent, question))[0].runId,
  };
}
