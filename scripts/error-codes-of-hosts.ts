/** What a code of an error means. */
export interface ErrorCode {
  readonly class: string;
  readonly cause: string;
  readonly action: string;
}

/** Codes of approvals, conversations, hosts and tests. */
export const CODES_OF_HOSTS: Readonly<Record<string, ErrorCode>> = {
  'approval.unknown': {
    class: 'ApprovalError',
    cause: 'The run has no pending call with that id.',
    action: 'Take `id` from `outcome.pending` or `approval.requested`.',
  },
  'approval.mismatch': {
    class: 'ApprovalError',
    cause: 'The answer has the fingerprint of another call, other arguments or another definition.',
    action: 'Show the pending call again, and answer with its fingerprint.',
  },
  'approval.used': {
    class: 'ApprovalError',
    cause: 'The call was answered before.',
    action: 'Nothing. The first answer counts.',
  },
  'approval.expired': {
    class: 'ApprovalError',
    cause: '`approvalTimeoutMs` is over; the call counts as denied.',
    action: 'Ask the agent again.',
  },
  'approval.ended': {
    class: 'ApprovalError',
    cause: 'The run has ended.',
    action: 'Nothing was approved. Start another run.',
  },
  'approval.invalid': {
    class: 'ApprovalError',
    cause: 'The answer is malformed, or its type is not in `accepts`.',
    action: 'Pass one of the answers that the message lists.',
  },

  'conversation.conflict': {
    class: 'ConversationError',
    cause: "Another run wrote to the conversation, and `onConflict` is `'fail'`. The outcome is on the error.",
    action: '`chat.append(error.added)`. Do not run the input again: its tools would run again.',
  },
  'conversation.open': {
    class: 'HostError',
    cause: "The conversation has an open run, and `onConflict` is `'queue'`.",
    action: 'Answer, resume or cancel that run, or use `continueConversation`.',
  },
  'conversation.busy': {
    class: 'HostError',
    cause: 'Others wrote to the conversation each time this write was tried.',
    action: 'Try again.',
  },
  'conversation.invalid': {
    class: 'HostError',
    cause: 'The stored messages cannot be sent.',
    action: 'Repair the conversation in the store, or clear it.',
  },
  'conversation.store': {
    class: 'HostError',
    cause: 'The store failed or did not answer within `timeoutMs`.',
    action: 'Check the store, then resume the run by its id.',
  },

  'run.exists': {
    class: 'HostError',
    cause: 'The host has a run with that id.',
    action: "Use another `runId`, `onExistingRun: 'attach'`, or `agent.resume`.",
  },
  'run.conflict': {
    class: 'HostError',
    cause: 'The host has a run with that id and another input or owner.',
    action: 'Use another `runId`.',
  },
  'run.not_ended': {
    class: 'HostError',
    cause: '`deleteRuns({ runIds })` names runs that have not ended.',
    action: 'Cancel and resume them first, or leave them out. Nothing was deleted.',
  },
  'run.unknown': {
    class: 'HostError',
    cause: 'The host has no run with that id.',
    action: 'Check the id and that the host is the same.',
  },
  'run.agent': {
    class: 'HostError',
    cause: 'The run belongs to an agent with another name.',
    action: 'Resume it with that agent.',
  },
  'run.version': {
    class: 'HostError',
    cause: 'Another `version` of the agent began the run.',
    action: "Resume it with that version, or pass `onVersionMismatch: 'continue'`.",
  },
  'run.changed': {
    class: 'HostError',
    cause:
      "An open call's tool is gone, takes other input or has another `definitionHash`, or a handoff target is gone.",
    action: "Resume it where the tool is as it was, or pass `onVersionMismatch: 'continue'`.",
  },
  'flow.diverged': {
    class: 'HostError',
    cause: 'The code of a flow does not use a recorded step, or uses it for another agent, tool or input.',
    action: 'Resume the run with the code that began it, and give a changed flow another `version`.',
  },
  'run.conversation': {
    class: 'HostError',
    cause: 'The run is part of a conversation that was not passed to `resume`, or another one was passed.',
    action: 'Pass `conversation({ id, store })` with the id that the message names.',
  },
  'run.not_waiting': {
    class: 'HostError',
    cause: '`host.sendMessage` was called for a run that waits for nothing.',
    action: 'Start a run with `outcome.messages` and the message, or use `continueConversation`.',
  },
  'run.lost': {
    class: 'HostError',
    cause: 'Another process took the run over: this one stood still for longer than its lease.',
    action: 'Nothing: the other process continues it. Do not block the event loop.',
  },
  'run.broken': {
    class: 'HostError',
    cause: 'The run broke off because of an error outside of it. `cause` has it.',
    action: 'Resume it by its id.',
  },
  'run.format': {
    class: 'HostError',
    cause: 'The record of the run has another `schemaVersion`, or none.',
    action: 'Resume it with a release that knows the format. It is left untouched.',
  },
  'step.unknown': {
    class: 'HostError',
    cause: '`fork` names a step that the run does not have.',
    action: 'Take a name from the message.',
  },
  'step.not_json': {
    class: 'HostError',
    cause: 'A step returned a value that is not JSON.',
    action: "Check the tool's middleware.",
  },

  'host.closing': {
    class: 'HostError',
    cause: 'The host is closing; no step begins any more.',
    action: 'Resume the run by its id, on another host.',
  },
  'host.lost': {
    class: 'HostError',
    cause: "The database file was deleted or replaced, or a worker lost its connection and its runs' lock.",
    action: 'SQLite: stop the process, put the file back. PostgreSQL: the worker reconnects by itself.',
  },
  'host.locked': {
    class: 'HostError',
    cause: 'Another process kept the file or the rows locked for too long.',
    action: 'Resume the run when that is done.',
  },
  'host.full': {
    class: 'HostError',
    cause: 'The disk is full, or the database has no connection left.',
    action: 'Make room, then resume the run.',
  },
  'host.io': {
    class: 'HostError',
    cause: 'The disk failed.',
    action: 'Check the disk, then resume the run.',
  },
  'host.read_only': {
    class: 'HostError',
    cause: 'The file or the database does not take writes, or the host was opened with `readOnly`.',
    action: 'Give this user the right, name the server that takes writes, or open the file without `readOnly`.',
  },
  'host.unreachable': {
    class: 'HostError',
    cause: 'The file cannot be opened, or the database cannot be reached.',
    action: 'Check the path, or the url and the server.',
  },
  'host.refused': {
    class: 'HostError',
    cause: 'The database refused the user.',
    action: 'Check the user, the password and its rights.',
  },
  'host.damaged': {
    class: 'HostError',
    cause: 'The database file is damaged.',
    action: 'Restore it from a copy.',
  },
  'host.foreign': {
    class: 'HostError',
    cause: 'The file is a database of something else, or not a database.',
    action: 'Name another file.',
  },
  'host.newer': {
    class: 'HostError',
    cause: 'A newer version of Pawl wrote the file or the tables.',
    action: 'Use that version.',
  },
  'host.older': {
    class: 'HostError',
    cause: 'The tables in PostgreSQL, or the file of a host with `readOnly`, have an earlier format.',
    action: 'The message says how to migrate them.',
  },
  'host.text': {
    class: 'HostError',
    cause: 'PostgreSQL does not keep NUL characters in names.',
    action: 'Choose another name.',
  },
  'host.failed': {
    class: 'HostError',
    cause: 'The database failed in another way; `cause` has the error.',
    action: 'Read `cause`. The run can be resumed.',
  },
  'host.already_open': {
    class: 'HostError',
    cause: 'This process has a `dbosHost` already.',
    action: 'Share that one.',
  },
  'host.executor_taken': {
    class: 'HostError',
    cause: 'Another live worker has the same `executorId`.',
    action: 'Give each worker its own.',
  },

  'script.exhausted': {
    class: 'ScriptError',
    cause: 'A test asks for more responses than the script has.',
    action: 'Add a response.',
  },
  'script.unused': {
    class: 'ScriptError',
    cause: '`assertDone` found responses that were not used.',
    action: 'Remove them, or find out why the run asks less.',
  },
  'script.unexpected': {
    class: 'ScriptError',
    cause: 'A request is not as `respond.expecting` says.',
    action: 'The message has the difference.',
  },
  'cassette.missing': {
    class: 'CassetteError',
    cause: 'There is no recording, and the mode only plays.',
    action: "Record it once: `cassette(path, { mode: 'record' })`.",
  },
  'cassette.miss': {
    class: 'HttpError',
    cause: 'No recording fits the request. `serverCode` has this code.',
    action: 'The message names the nearest recording and the difference. Record again.',
  },
  'cassette.left': {
    class: 'CassetteError',
    cause: 'Recordings were not played.',
    action: 'Record again, or find out why the run asks less.',
  },
  'cassette.unreadable': {
    class: 'CassetteError',
    cause: 'A line of the cassette is not a recording.',
    action: 'Restore the file.',
  },
  'conformance.model': {
    class: 'ConformanceError',
    cause: 'The server names no model to ask.',
    action: 'Pass `model`.',
  },
  'promise.broken': {
    class: 'ExplorationError',
    cause: 'A run of `exploreAgent` broke a promise of Pawl.',
    action: 'Run the seed alone, as the message says; report it.',
  },
  'host.contract_broken': {
    class: 'HostContractError',
    cause: 'A host of yours does not do what `hostConformance` expects.',
    action: 'The message says what was promised and what came.',
  },
  'process.gone': {
    class: 'HostError',
    cause: '`FaultyHost` simulates the end of the process.',
    action: 'Resume the run on another host, as the test intends.',
  },
};
