import { Agent, memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { listen } from '@pawl/serve/node';
import { scriptedModel } from '@pawl/testing';
import { execute, type Factory } from './factory.ts';

const agents = [new Agent({ name: 'served', model: scriptedModel([]) })];

export const served: readonly Factory[] = [
  {
    name: 'serve',
    covers: ['ServeOptions'],
    make: (options) => serve(options),
    valid: {
      agents,
      text: 'whole',
      maxRunning: { total: 1 },
      onDisconnect: { graceMs: 1 },
      cors: { origins: ['https://app.example.com'] },
      onRequest: execute,
      basePath: '/ai',
    },
    wrong: [
      [{ agents: [{}] }, 'an object is not an agent'],
      [{ agent: agents[0] }, 'The option is "agents", a list.'],
      [{ auth: execute }, 'The option is "authorize"'],
      [{ port: 8080 }, 'Pass it to listen(server, { port })'],
      [{ text: 'slow' }, 'text is the text "slow". Pass "live" or "whole".'],
      [{ maxRunning: { all: 1 } }, 'there is no option "maxRunning.all"'],
      [{ maxRunning: { total: -1 } }, 'maxRunning.total is -1'],
      [{ onDisconnect: 'stop' }, 'onDisconnect is the text "stop"'],
      [{ cors: { origins: ['*'] } }, 'cors.origins has "*"'],
      [{ basePath: 'ai' }, 'basePath is "ai"'],
      [{ faces: ['grpc'] }, 'faces has "grpc"'],
      [{ sdk: 5 }, 'sdk is 5. Pass 6 or 7.'],
      [{ host: memoryHost(), conversation: () => 'a' }, 'conversation needs a store'],
    ],
  },
  {
    name: 'listen',
    covers: ['ListenOptions'],
    make: async (options) => {
      const { close } = await listen(serve({ agents, resumeEveryMs: 0 }), options);
      return close();
    },
    valid: { port: 0, graceMs: 0, signals: false },
    isOptional: true,
    wrong: [
      [{ host: '0.0.0.0' }, 'The option is "hostname".'],
      [{ hostname: '0.0.0.0' }, 'authorize'],
      [{ port: '8080' }, 'port is the text "8080". Pass a number.'],
    ],
  },
];
