export type { AgentServer } from './server/create-agent-server.ts';
export { createAgentServer } from './server/create-agent-server.ts';
export type { AgentServerOptions } from './server/options.ts';
export type { AnyAgent, ServedAgent } from './server/served-agent.ts';
