import { join } from 'node:path';
import { Agent, memoryHost } from '@pawl/core';
import { memoryWireLog } from '@pawl/core/wire-log';
import { inspect, inspectDump, inspectUrl } from '@pawl/inspector';
import { sqliteWireLog } from '@pawl/inspector/sqlite';
import { scriptedModel } from '@pawl/testing';
import { execute, type Factory, folder } from './factory.ts';

const host = memoryHost();
const model = scriptedModel([]);
const SHARED = { readOnly: true, authorize: execute, allowedHosts: ['a'], basePath: '/inspect', title: 'runs.db' };

/** A line that `pawl runs export` writes. */
const DUMP = '{"v":1,"type":"run","runId":"r","agent":"a"}';

export const inspected: readonly Factory[] = [
  {
    name: 'inspect',
    covers: ['InspectOptions'],
    make: (options) => inspect(options),
    valid: {
      ...SHARED,
      host,
      agents: [new Agent({ name: 'inspected', model })],
      models: [model],
      wireLog: memoryWireLog(),
    },
    wrong: [
      [{ host: {} }, 'host is missing'],
      [{ isReadOnly: true }, 'The option is "readOnly".'],
      [{ agent: {} }, 'The option is "agents", a list.'],
      [{ token: 'x' }, 'read inspector.token'],
      [{ wireLog: { sent: execute, received: execute } }, 'wireLog cannot be read'],
      [{ basePath: 'inspect' }, 'basePath is "inspect"'],
      [{ models: [{}] }, 'models has an entry that is not a model'],
    ],
  },
  {
    name: 'inspectUrl',
    covers: ['InspectUrlOptions'],
    make: (options) => inspectUrl('http://127.0.0.1:1', options),
    valid: { ...SHARED, token: 'secret', fetch: execute },
    isOptional: true,
    wrong: [
      [{ apiKey: 'x' }, 'The option is "token".'],
      [{ basePath: '/' }, 'basePath is "/"'],
    ],
  },
  {
    name: 'inspectDump',
    covers: ['InspectorOptions'],
    make: (options) => inspectDump(DUMP, options),
    valid: SHARED,
    isOptional: true,
    wrong: [[{ path: '/a' }, 'The option is "basePath".']],
  },
  {
    name: 'sqliteWireLog',
    covers: ['SqliteWireLogOptions'],
    make: (options) => sqliteWireLog(join(folder, 'options.db-wire'), options).close(),
    valid: { maxBytesPerRun: 1, maxBytes: 1, maxBufferBytes: 1, readOnly: true },
    isOptional: true,
    wrong: [
      [{ limit: 1 }, 'The option is "maxBytesPerRun".'],
      [{ maxRuns: 1 }, 'The option is "maxBytes".'],
      [{ maxBytes: 0.5 }, 'maxBytes'],
    ],
  },
];
