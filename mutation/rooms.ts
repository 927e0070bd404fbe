/** What is mutated together, and the tests that have to notice. Globs from the root of the workspace; `!` leaves out. */
export interface Room {
  readonly files: readonly string[];
  readonly tests: readonly string[];
}

const CORE = 'packages/core/src';

// Left out everywhere: tests that kill processes or repeat a whole run at every step. They take minutes for each mutant.
export const ROOMS: Readonly<Record<string, Room>> = {
  loop: {
    files: [`${CORE}/loop/*.ts`],
    tests: [
      `${CORE}/loop/*.test.ts`,
      'test/behaviours/{b,d}-*.test.ts',
      'test/run/{final-answers,legacy-calls,output-with-tools,outputs,steering,stop-conditions,suspend-run}.test.ts',
      'test/agents/{as-tool,nested-limits,handoffs,spent-by}.test.ts',
    ],
  },
  limits: {
    files: [`${CORE}/limits/*.ts`],
    tests: [
      `${CORE}/limits/*.test.ts`,
      'test/behaviours/d-limits.test.ts',
      'test/agents/{nested-limits,nested-approvals,spent-by}.test.ts',
      'test/run/{hanging-work,final-answers}.test.ts',
      'test/model/attempt-limits.test.ts',
    ],
  },
  schema: {
    files: [`${CORE}/schema/*.ts`],
    tests: [
      `${CORE}/schema/*.test.ts`,
      `${CORE}/tool/{arguments,tool,custom-tool}.test.ts`,
      'test/schema/*.test.ts',
      `${CORE}/openai/{adapt-schema,strict-tools}.test.ts`,
      'test/run/{outputs,strict-tools}.test.ts',
    ],
  },
  history: {
    files: [`${CORE}/chat/{call-text,custom-as-function,history,read-input}.ts`],
    tests: [
      `${CORE}/chat/{call-text,history,history-properties,history-repair,read-input}.test.ts`,
      `${CORE}/tool/custom-tool.test.ts`,
      'test/run/{invalid-options,conversations,custom-tools,resume}.test.ts',
      'test/model/vendor-conversations.test.ts',
    ],
  },
  chat: {
    files: [
      `${CORE}/chat/{call-builder,call-list,choice-reader,finish-reader,finish-reason}.ts`,
      `${CORE}/chat/{malformed-response,match-call,message-reader,padding,read-call,read-content,read-usage}.ts`,
      `${CORE}/chat/{response-reader,server-sent-events,think-splitter,vendor-fields}.ts`,
    ],
    tests: [
      `${CORE}/chat/*.test.ts`,
      'test/behaviours/a-*.test.ts',
      'test/model/{framing,malformed-responses,openai-response}.test.ts',
      'test/chat/corpus.test.ts',
    ],
  },
  approvals: {
    files: [
      `${CORE}/perform/pending-calls.ts`,
      `${CORE}/host/{check-answer,fork}.ts`,
      `${CORE}/tool/require-approval.ts`,
    ],
    tests: [
      `${CORE}/{tool/require-approval,host/check-answer,host/fork}.test.ts`,
      'test/behaviours/b-calls-{answers,approval}.test.ts',
      'test/run/{approval-fingerprints,custom-approvals,suspend-run}.test.ts',
      'test/approvals/*.test.ts',
      'test/agents/nested-approvals.test.ts',
      'test/durable/{unknown-outcomes,early-answers,forks,on-unknown-outcome,external-results}.test.ts',
    ],
  },
  leases: {
    files: [
      `${CORE}/sqlite/{held-leases,leases,run-table,sqlite-store}.ts`,
      `${CORE}/host/{held-runs,resumable,store-host,store-run}.ts`,
    ],
    tests: ['test/durable/{conformance,host-lifecycle,sqlite,store-host}.test.ts', 'test/conversations/sqlite.test.ts'],
  },
  reading: {
    files: [
      `${CORE}/model/{attempts,errors,retry-delay}.ts`,
      `${CORE}/openai/{http-error,network-error,read-response,reported-error,retry-after,server-message,unreported-cut}.ts`,
      `${CORE}/chat/{context-length,classify-error,filtered-prompt,filtered-response,model-loading,read-error}.ts`,
      `${CORE}/chat/{refused-request,retry-wait,server-error}.ts`,
    ],
    tests: [
      `${CORE}/model/{errors,retry-delay}.test.ts`,
      `${CORE}/openai/{http-error,network-error,reported-error,retry-after,server-message,unreported-cut}.test.ts`,
      `${CORE}/chat/{context-length,filtered-prompt,model-loading,read-error,refused-request}.test.ts`,
      `${CORE}/chat/{server-error,server-sent-events}.test.ts`,
      'test/behaviours/{a,c}-*.test.ts',
      'test/model/{attempt-limits,attempts,response-limits,filtered-prompts,http-errors,malformed-responses,model-loading}.test.ts',
      'test/model/{network,openai-response,refused-requests,retry-waits,secrets}.test.ts',
      'test/chat/corpus.test.ts',
    ],
  },
};
