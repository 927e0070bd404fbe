import { ANSWER } from '../fault.ts';
import { hasAnswer, listResults } from '../judge.ts';
import type { McpFault, McpTrial } from './mcp-fault.ts';
import { openHttp, openModern, openMute, openRedirect, openStub, openTwoStubs } from './open-servers.ts';

const COMES_BACK = 'The model reads it, and the run goes on to the answer.';
const ENDS = 'Within 90 s, the model reads that the call failed and the run goes on, or the run fails.';

/** The faults of docs/guide/mcp.md that a framework meets with its defaults. */
export const mcpFaults: readonly McpFault[] = [
  {
    name: 'nothing',
    happens: 'A call over stdio, then the answer: shows that each framework is driven as it should be.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['echo', { text: 'four degrees' }]],
    isPassed: (seen) => hasResult(seen, 'four degrees'),
  },
  {
    name: 'nothing, over HTTP',
    happens: 'The same over HTTP.',
    passes: COMES_BACK,
    openServers: openHttp,
    calls: [['echo', {}]],
    isPassed: (seen) => hasResult(seen, 'echo 1'),
  },
  {
    name: 'a failed call',
    happens: 'A result with `isError` and the text `The disk is full.`.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['fail', {}]],
    isPassed: (seen) => hasResult(seen, 'The disk is full.'),
  },
  {
    name: 'a structured result without a text',
    happens: 'A result with `structuredContent` and an empty `content`.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['structured', {}]],
    isPassed: (seen) => hasResult(seen, 'Oslo'),
  },
  {
    name: 'an image',
    happens: 'A result with a PNG.',
    passes: 'The model, over Chat Completions, gets it as an image, not as a text, and the run goes on to the answer.',
    openServers: openStub,
    calls: [['image', {}]],
    isPassed: (seen) => hasAnswer(seen) && /"type":"image_url"/.test(JSON.stringify(seen.requests.at(-1)?.body)),
  },
  {
    name: 'a union as input schema',
    happens: 'A tool whose input schema has `anyOf` at its root, and a call that fits.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['union', { text: 'four degrees' }]],
    isPassed: (seen) => hasResult(seen, 'four degrees'),
  },
  {
    name: 'a result of ten megabytes',
    happens: 'A text of ten megabytes.',
    passes: 'The run ends, and no request to the model has a megabyte.',
    openServers: openStub,
    calls: [['big', {}]],
    isPassed: (seen) =>
      hasEnded(seen) && seen.requests.every(({ body }) => JSON.stringify(body.messages).length < 2 ** 20),
  },
  {
    name: 'noise on stdout',
    happens: 'The server prints lines that are no messages, then the result.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['noise', {}]],
    isPassed: (seen) => hasResult(seen, 'after the noise'),
  },
  {
    name: 'a secret in the environment',
    happens: 'The application has a variable `PAWL_SECRET`, and names no variables for the server.',
    passes: 'The server does not get it.',
    openServers: openStub,
    calls: [['environment', {}]],
    isPassed: (seen) => hasResult(seen, 'undefined'),
  },
  {
    name: 'two servers with the same tools',
    happens: 'Two servers whose tools have the same names.',
    passes: 'The model gets both under names that tell them apart, or an error says that they clash.',
    openServers: openTwoStubs,
    calls: [['echo', { text: 'four degrees' }]],
    isPassed: (seen) => seen.did.ended === 'threw' || (hasAnswer(seen) && listOffered(seen, 'echo').size === 2),
  },
  {
    name: 'a server killed in a call',
    happens: 'SIGKILL ends the server while it handles a call that may not be repeated.',
    passes: `The call is sent once. ${ENDS}`,
    openServers: openStub,
    calls: [['crash', {}]],
    isPassed: (seen) => count(seen, 'crash') === 1 && hasEnded(seen),
  },
  {
    name: 'a call after the crash',
    happens: 'SIGKILL ends the server while it handles a call, and the model then calls another tool of that server.',
    passes: `The server is started again. ${COMES_BACK}`,
    openServers: openStub,
    calls: [
      ['crash', {}],
      ['echo', { text: 'started again' }],
    ],
    isPassed: (seen) => count(seen, 'crash') === 1 && hasResult(seen, 'started again'),
  },
  {
    name: 'a server that never responds',
    happens: 'A call gets neither progress nor a result.',
    passes: ENDS,
    openServers: openStub,
    calls: [['hang', {}]],
    isPassed: hasEnded,
  },
  {
    name: 'a call of 66 s with progress',
    happens: 'The server reports progress each 11 s, and has the result after 66 s.',
    passes: COMES_BACK,
    openServers: openStub,
    calls: [['progress', { text: '11000' }]],
    isPassed: (seen) => hasResult(seen, 'finished'),
  },
  {
    name: 'an aborted call',
    happens: 'The run is aborted while the server handles a call, and the server ignores it.',
    passes: 'The run ends within 2 s of the abort, and not with an answer.',
    openServers: openStub,
    calls: [['hang', {}]],
    onHang: 'abort',
    isPassed: ({ did }) => did.ended === 'threw' && did.durationMs < 2_000,
  },
  {
    name: 'an aborted call, for its server',
    happens: 'The run is aborted while the server handles a call.',
    passes: 'The server gets the notification that the call is cancelled.',
    openServers: openStub,
    calls: [['hang', {}]],
    onHang: 'abort',
    isPassed: ({ lines }) => lines.some((line) => line.startsWith('cancelled')),
  },
  {
    name: 'a connection reset in a call',
    happens: 'Over HTTP, the connection is reset after the server has got a call that may not be repeated.',
    passes: `The call is sent once. ${ENDS}`,
    openServers: openHttp,
    calls: [['reset', {}]],
    isPassed: (seen) => count(seen, 'reset') === 1 && hasEnded(seen),
  },
  {
    name: 'a response that is cut',
    happens: 'Over HTTP, the stream of the response ends before the result of a call that may not be repeated.',
    passes: `The call is sent once. ${ENDS}`,
    openServers: openHttp,
    calls: [['cut', {}]],
    isPassed: (seen) => count(seen, 'cut') === 1 && hasEnded(seen),
  },
  {
    name: 'a session that is gone',
    happens: 'Between two calls the server restarts, and answers the old session with status 404.',
    passes: `The client starts a session. ${COMES_BACK}`,
    openServers: openHttp,
    calls: [
      ['echo', {}],
      ['echo', {}],
    ],
    beforeSecondCall: ({ forgetSessions }) => forgetSessions?.(),
    isPassed: (seen) => hasResult(seen, 'echo 2'),
  },
  {
    name: 'a redirect to another server',
    happens: 'The server, which is called with an API key, redirects to another origin.',
    passes: 'The key does not reach the other server.',
    openServers: openRedirect,
    calls: [['echo', {}]],
    isPassed: ({ lines, did }) => did.ended !== 'hung' && !lines.includes('key secret'),
  },
  {
    name: 'a tool rewritten in a run',
    happens:
      'During a call, the server gives another tool a description with an instruction, and says that its list has changed.',
    passes: 'The new description does not reach the model in this run.',
    openServers: openStub,
    calls: [
      ['rewrite', {}],
      ['meta', {}],
    ],
    isPassed: (seen) =>
      hasEnded(seen) && !seen.requests.some(({ body }) => JSON.stringify(body.tools ?? []).includes('Sends all files')),
  },
  {
    name: 'a list that fails',
    happens: 'The server answers the request for its tools with an error.',
    passes: 'An error says so; the agent does not go on without its tools.',
    openServers: (file) => openStub(file, { STUB_FAILS_LIST: '1' }),
    calls: [],
    isPassed: ({ did }) => did.ended === 'threw',
  },
  {
    name: 'a server that says nothing',
    happens: 'The process of the server starts, and answers nothing.',
    passes: 'An error says so within 90 s; the agent does not go on without its tools.',
    openServers: openMute,
    calls: [],
    isPassed: ({ did }) => did.ended === 'threw',
  },
  {
    name: 'a question that nobody answers',
    happens:
      'In a call, a server of the revision 2025-11-25 asks the user, and the application has nothing that answers.',
    passes: ENDS,
    openServers: openStub,
    calls: [['ask', {}]],
    isPassed: hasEnded,
  },
  {
    name: 'a question that is answered later',
    happens:
      'In a call, a server of the revision 2026-07-28 asks the user. The process ends; another one has the answer.',
    passes:
      'The other process answers, the call goes on, and the run ends with the answer. A framework without a way to answer from another process does not pass.',
    openServers: openModern,
    calls: [['order', { dish: 'soup' }]],
    isAnsweredLater: true,
    isPassed: ({ answered, lines }) => answered?.text === ANSWER && lines.at(-1)?.includes('large') === true,
  },
  {
    name: 'a child of the server, after close',
    happens: 'The server has started a process. The framework closes its client.',
    passes: 'Six seconds later, neither of the two is left.',
    openServers: openStub,
    calls: [['grandchild', {}]],
    isPassed: (seen) => hasAnswer(seen) && seen.left === 0,
  },
  {
    name: 'a server that ignores its end',
    happens: 'The server ignores the end of its input and SIGTERM. The framework closes its client.',
    passes: 'Six seconds later, it is not left.',
    openServers: (file) => openStub(file, { STUB_IGNORES_SIGTERM: '1' }),
    calls: [['echo', { text: 'four degrees' }]],
    isPassed: (seen) => hasAnswer(seen) && seen.left === 0,
  },
  {
    name: 'an application that is killed',
    happens:
      'SIGKILL ends the application during a call. The server has started a process, and ignores the end of its input.',
    passes: 'Six seconds later, neither of the two is left.',
    openServers: (file) => openStub(file, { STUB_IGNORES_SIGTERM: '1' }),
    calls: [
      ['grandchild', {}],
      ['hang', {}],
    ],
    onHang: 'kill',
    isPassed: (seen) => count(seen, 'grandchild') === 1 && seen.left === 0,
  },
];

/** Whether the run came to an end by itself: it answered, or failed with an error. */
function hasEnded(seen: McpTrial): boolean {
  return hasAnswer(seen) || seen.did.ended === 'threw';
}

/** Whether the model got a result with the text, and the run went on to the answer. */
function hasResult(seen: McpTrial, text: string): boolean {
  return hasAnswer(seen) && listResults(seen).at(-1)?.includes(text) === true;
}

function count({ lines }: McpTrial, tool: string): number {
  return lines.filter((line) => line === tool).length;
}

function listOffered({ requests }: McpTrial, tool: string): ReadonlySet<string> {
  const names = requests[0]?.body.tools?.flatMap((each) => (each.type === 'function' ? [each.function.name] : []));
  return new Set(names?.filter((name) => name.endsWith(tool)));
}
