import type { JsonObject } from '@pawl/core';
import type { FaultTrial, FrameworkRun } from '../fault.ts';
import type { OpenServers } from './open-servers.ts';

/** A fault of an MCP server or of its connection, and how a framework must handle it. */
export interface McpFault {
  readonly name: string;
  /** A sentence that says what happens. */
  readonly happens: string;
  /** A sentence that says what counts as a pass. `isPassed` checks it. */
  readonly passes: string;
  /** @param file - gets a line for each call, and is named in the command line of each process */
  readonly openServers: (file: string) => Promise<OpenServers>;
  /** What the model calls, one tool a turn, before it answers. */
  readonly calls: readonly (readonly [tool: string, input: JsonObject])[];
  /** Happens before the model's second call. */
  readonly beforeSecondCall?: (servers: OpenServers) => void;
  /** Aborts the run, or kills its process, when a server has got a call of `hang`. */
  readonly onHang?: 'abort' | 'kill';
  /** Answers the question of the server from another process, if the framework can. */
  readonly isAnsweredLater?: true;
  readonly isPassed: (seen: McpTrial) => boolean;
}

/** What a framework did, what the model got, and what the servers saw. */
export interface McpTrial extends FaultTrial {
  /** What the second process did, with `isAnsweredLater`. */
  readonly answered?: FrameworkRun;
  /** The lines of the servers: the name of each called tool, and `cancelled ID`. */
  readonly lines: readonly string[];
  /** The number of processes of the servers six seconds after the framework had closed them, or was killed. */
  readonly left: number;
}
