import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@pawl/core';
import * as host from '@pawl/core/host';
import * as sqlite from '@pawl/core/sqlite';
import * as zod3 from '@pawl/core/zod3';
import * as dbos from '@pawl/dbos';
import * as testing from '@pawl/testing';
import * as testingCassette from '@pawl/testing/cassette';
import * as testingConformance from '@pawl/testing/conformance';
import * as testingEvaluation from '@pawl/testing/evaluation';
import * as testingExplore from '@pawl/testing/explore';
import * as testingHost from '@pawl/testing/host';
import * as tools from '@pawl/tools';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

test('the packages export what they promise, and nothing else', () => {
  expect(Object.keys(core).sort()).toEqual([
    'AbortRun',
    'Agent',
    'ApprovalError',
    'ConfigError',
    'ContextLengthError',
    'ConversationError',
    'DurableError',
    'EmptyReplyError',
    'GuardError',
    'HttpError',
    'ModelError',
    'NetworkError',
    'OutputError',
    'PawlError',
    'ProtocolError',
    'RefuseRun',
    'Run',
    'RunAbortedError',
    'RunError',
    'RunFailedError',
    'RunFilteredError',
    'RunLimitedError',
    'RunRefusedError',
    'RunSuspendedError',
    'RunTruncatedError',
    'StuckError',
    'SuspendRun',
    'TimeoutError',
    'ToolCorrectionError',
    'ToolError',
    'ToolTimeoutError',
    'azure',
    'callArguments',
    'callName',
    'compactByReference',
    'compactBySummary',
    'conversation',
    'customTool',
    'filterTools',
    'inputGuard',
    'jsonSchema',
    'lastMessages',
    'memory',
    'memoryConversations',
    'memoryStore',
    'openai',
    'outputGuard',
    'parts',
    'prefixTools',
    'renameTools',
    'requireApproval',
    'route',
    'stopAfter',
    'summary',
    'systemClock',
    'tool',
    'toolGuard',
    'toolSearch',
    'toolsByTurn',
    'withCache',
    'withConcurrency',
    'withFallback',
    'withRateLimit',
    'withRetry',
    'withTimeout',
  ]);
  expect(Object.keys(sqlite).sort()).toEqual(['sqlite', 'sqliteConversations']);
  expect(Object.keys(host).sort()).toEqual([
    'Drain',
    'agentNameOf',
    'checkAnswer',
    'checkMessage',
    'enqueuedRecord',
    'existing',
    'followFacts',
    'forkOf',
    'hasEnded',
    'isOpen',
    'notWaiting',
    'pathOf',
    'recordFrom',
    'recordText',
    'resumeWith',
    'sideBySide',
    'stepText',
    'unknown',
  ]);
  expect(Object.keys(dbos).sort()).toEqual(['dbosClient', 'dbosHost']);
  expect(Object.keys(zod3)).toEqual(['zod3']);
  expect(Object.keys(tools).sort()).toEqual([
    'Outputs',
    'askUser',
    'brave',
    'editFile',
    'fetchPage',
    'httpRequest',
    'listFiles',
    'notes',
    'readFile',
    'readOutput',
    'searchFiles',
    'searxng',
    'sqlQuery',
    'sqlSchema',
    'tavily',
    'todo',
    'webSearch',
    'writeFile',
  ]);
  expect(Object.keys(testingHost).sort()).toEqual(['BrokenPromise', 'FragileHost', 'HostAround', 'hostConformance']);
  expect(Object.keys(testingCassette).sort()).toEqual(['CassetteError', 'cassette', 'cassetteFrom']);
  expect(Object.keys(testingConformance).sort()).toEqual(['ConformanceError', 'conformance', 'reportText']);
  const evaluating = ['callsTools', 'conclude', 'evaluate', 'evaluationTable', 'exactly', 'fits', 'judge', 'within'];
  expect(Object.keys(testingEvaluation).sort()).toEqual(evaluating);
  expect(Object.keys(testingExplore).sort()).toEqual(['ExplorationError', 'exploreAgent', 'schemaModel']);
  expect(Object.keys(testing).sort()).toEqual([
    'FAULT_NAMES',
    'NetworkBlockedError',
    'ScriptError',
    'blockNetwork',
    'checkHistory',
    'manualClock',
    'offlineServer',
    'reply',
    'scriptedModel',
    'standIn',
    'testTool',
    'withFaults',
  ]);
});

test('core as built imports nothing of node: outside the Node transport and SQLite, and only its four dependencies and zod', () => {
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-b', join(root, 'packages', 'core')]);
  const built = join(root, 'packages', 'core', 'dist');
  const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const imported = new Set<string>();
  for (const name of files) {
    if (name.startsWith('model/node/') || name.startsWith('sqlite/')) continue;
    for (const [, from = ''] of readFileSync(join(built, name), 'utf8').matchAll(
      /^(?:import|export) .*from '([^.].*)';$/gm,
    )) {
      imported.add(from);
    }
  }
  expect([...imported].sort()).toEqual([
    '#transport',
    'eventemitter3',
    'eventsource-parser',
    'p-retry',
    'zod-to-json-schema',
    'zod/v4/core',
  ]);
}, 60_000);
