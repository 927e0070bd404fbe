import type { Tool } from '@pawl/core';
import type { Message, UserPart } from '@pawl/core/chat';
import type { McpDefinition } from './definition.ts';

/** A resource that a server lists. */
export interface McpResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** In bytes. */
  readonly size?: number;
}

/** A prompt that a server lists. */
export interface McpPrompt {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments: readonly { readonly name: string; readonly description?: string; readonly isRequired: boolean }[];
}

/** What changed at a server since its tools were listed. The tools of the client stay as they are. */
export interface McpChange {
  /** By the server's names. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface McpClientEvents {
  /** The server's tools differ from those of this client, as a reconnect or a notification shows. */
  readonly changed: McpChange;
  /** The client is closed. */
  readonly closed: { readonly name: string };
  /** A line of the server's stderr, noise on its stdout, or a sentence about the connection. At most 8 KiB. */
  readonly log: { readonly message: string };
}

/** An MCP server and its tools, as they were listed. */
export interface McpClient extends AsyncDisposable {
  readonly name: string;
  /** Sorted by name. */
  readonly tools: readonly Tool<unknown>[];
  /** The definitions as the server sent them, hints included. */
  readonly definitions: readonly McpDefinition[];
  /** What `onDrift: 'omit'` left out of `tools`, by the server's names. */
  readonly omitted: readonly string[];
  /** What the server says about itself. It enters no prompt by itself. */
  readonly instructions: string | undefined;
  /** The revision: `legacy` is 2025-11-25 and before, `modern` 2026-07-28. `undefined` before the first connection. */
  readonly era: 'legacy' | 'modern' | undefined;
  /** Adds a listener. Its errors are ignored. */
  on<Type extends keyof McpClientEvents>(type: Type, listener: (event: McpClientEvents[Type]) => void): this;
  /** Creates another client with the same options and the server's present tools. This one stays open: its runs may need it. */
  refresh(): Promise<McpClient>;
  /** Ends the connections, and the server if it is a child process. Calls under way fail. */
  close(): Promise<void>;
  listResources(): Promise<readonly McpResource[]>;
  readResource(uri: string): Promise<readonly UserPart[]>;
  listPrompts(): Promise<readonly McpPrompt[]>;
  getPrompt(name: string, input?: Readonly<Record<string, string>>): Promise<readonly Message[]>;
}
