import type { Transport } from '@modelcontextprotocol/client';

// The one file of the client that imports the SDK. Its code is loaded with the first connection: that takes up to a second.

export type {
  CallToolResult,
  Client,
  ElicitRequestParams,
  ElicitResult,
  InputRequiredResult,
  JSONRPCMessage,
  OAuthClientProvider,
  Tool as SdkTool,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/client';

/** What the client uses of the SDK. */
export type Sdk = Pick<
  typeof import('@modelcontextprotocol/client'),
  | 'Client'
  | 'StreamableHTTPClientTransport'
  | 'SdkError'
  | 'SdkErrorCode'
  | 'SdkHttpError'
  | 'ProtocolError'
  | 'deserializeMessage'
  | 'fromJsonSchema'
>;

let loading: Promise<Sdk> | undefined;

/** Loads the SDK once. */
export function loadSdk(): Promise<Sdk> {
  loading ??= import('@modelcontextprotocol/client');
  return loading;
}

/** Creates the SDK's own transport of a child process, for Windows. */
export async function createSdkChildTransport(
  options: ConstructorParameters<typeof import('@modelcontextprotocol/client/stdio')['StdioClientTransport']>[0],
): Promise<Transport> {
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  return new StdioClientTransport(options);
}
