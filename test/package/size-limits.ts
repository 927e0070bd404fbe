/**
 * In thousands of bytes, minified and gzipped, with dependencies and without zod. `node scripts/sizes.ts` prints the
 * sizes.
 */
export const LIMITS: Readonly<Record<string, number>> = {
  '@pawl/core': 144,
  '{ tool } of @pawl/core': 17.2,
  '{ openai } of @pawl/core': 67,
  '{ Agent, openai, tool } of @pawl/core': 132,
  '@pawl/core/chat': 1.3,
  '@pawl/core/events': 22,
  '@pawl/core/host': 15.4,
  '@pawl/core/middleware': 43,
  '@pawl/core/sqlite': 22.8,
  '@pawl/core/wire-log': 5.2,
  '@pawl/core/zod3': 8.9,
  '@pawl/tools': 207,
  '@pawl/tools/ask-user': 17.8,
  '@pawl/tools/edit-file': 29.1,
  '@pawl/tools/fetch-page': 117,
  '@pawl/tools/http-request': 28.5,
  '@pawl/tools/list-files': 23.3,
  '@pawl/tools/notes': 18.5,
  '@pawl/tools/read-file': 23.5,
  '@pawl/tools/read-output': 18.2,
  '@pawl/tools/run-command': 29.1,
  '@pawl/tools/run-javascript': 24.6,
  '@pawl/tools/search-files': 72,
  '@pawl/tools/sql-query': 22.2,
  '@pawl/tools/sql-schema': 22.8,
  '@pawl/tools/todo': 17.8,
  '@pawl/tools/web-search': 25.9,
  '@pawl/tools/write-file': 28.6,
};
