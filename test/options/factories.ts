import { agents } from './agents.ts';
import { aiSdk } from './ai-sdk.ts';
import type { Factory } from './factory.ts';
import { flows } from './flows.ts';
import { hosts } from './hosts.ts';
import { inspected } from './inspector.ts';
import { mcp } from './mcp.ts';
import { middleware, models } from './middleware-and-models.ts';
import { otel } from './otel.ts';
import { readyMade } from './ready-made.ts';
import { responsesModels } from './responses.ts';
import { served } from './serve.ts';
import { serveAgUi } from './serve-ag-ui.ts';
import { serveUi } from './serve-ui.ts';
import { testing } from './testing.ts';
import { tools } from './tools.ts';

export const FACTORIES: readonly Factory[] = [
  ...agents,
  ...flows,
  ...tools,
  ...middleware,
  ...models,
  ...hosts,
  ...otel,
  ...aiSdk,
  ...responsesModels,
  ...mcp,
  ...serveAgUi,
  ...serveUi,
  ...served,
  ...inspected,
  ...testing,
  ...readyMade,
];
