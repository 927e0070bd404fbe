/** An MCP server, as an application names it. */
export type OfferedServer =
  | {
      readonly name: string;
      readonly command: string;
      readonly args: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    }
  | { readonly name: string; readonly url: string; readonly headers?: Readonly<Record<string, string>> };

export interface McpQuestion {
  /** The URL of the model. */
  readonly baseURL: string;
  readonly prompt: string;
  readonly servers: readonly OfferedServer[];
  readonly signal: AbortSignal;
  /** A folder for what outlives the process. */
  readonly folder: string;
}

/** A framework with its MCP client, used as in its documentation, with its defaults. Rejects with the framework's error. */
export interface McpFramework {
  /** Connects, runs an agent, and closes its clients. */
  readonly ask: (question: McpQuestion) => Promise<{ readonly text: string }>;
  /** Answers the question of an MCP server that another process has left open. Left out if the framework has no way to do it. */
  readonly answer?: (question: McpQuestion) => Promise<{ readonly text: string }>;
}
