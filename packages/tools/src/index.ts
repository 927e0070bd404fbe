export type { AskUserOptions } from './ask-user/ask-user.ts';
export { askUser } from './ask-user/ask-user.ts';
export type { IsolationMode, ProcessIdentity } from './child/isolation.ts';
export type { EditFileOptions } from './edit-file/edit-file.ts';
export { editFile } from './edit-file/edit-file.ts';
export type { FetchPageOptions } from './fetch-page/fetch-page.ts';
export { fetchPage } from './fetch-page/fetch-page.ts';
export type { JailOptions } from './files/jail.ts';
export type { HttpRequestOptions } from './http-request/http-request.ts';
export { httpRequest } from './http-request/http-request.ts';
export type { HttpSecret } from './http-request/http-secrets.ts';
export type { AllowedRequests } from './http-request/request-rules.ts';
export type { ListFilesOptions } from './list-files/list-files.ts';
export { listFiles } from './list-files/list-files.ts';
export type { HostnamePattern } from './net/hostname-pattern.ts';
export type { LookupHostname } from './net/lookup-hostname.ts';
export type { NotesOptions } from './notes/notes.ts';
export { notes } from './notes/notes.ts';
export type { ReadFileOptions } from './read-file/read-file.ts';
export { readFile } from './read-file/read-file.ts';
export type { OutputStoreOptions, ReadOutputOptions } from './read-output/read-output.ts';
export { OutputStore, readOutput } from './read-output/read-output.ts';
export type { ArgumentPattern, CommandPattern, CommandSecret, RunCommandOptions } from './run-command/run-command.ts';
export { runCommand } from './run-command/run-command.ts';
export type { RunJavaScriptOptions } from './run-javascript/run-javascript.ts';
export { runJavaScript } from './run-javascript/run-javascript.ts';
export type { SearchFilesOptions } from './search-files/search-files.ts';
export { searchFiles } from './search-files/search-files.ts';
export type { PgliteSource, SqliteSource, SqlSource } from './sql-query/create-sql-reader.ts';
export type { Pglite, PgliteTransaction } from './sql-query/pglite.ts';
export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './sql-query/postgres-pool.ts';
export type { SqlOptions, SqlQueryOptions } from './sql-query/sql-query.ts';
export { sqlQuery } from './sql-query/sql-query.ts';
export type { SqlSchemaOptions } from './sql-schema/sql-schema.ts';
export { sqlSchema } from './sql-schema/sql-schema.ts';
export type { TodoOptions } from './todo/todo.ts';
export { todo } from './todo/todo.ts';
export type {
  EngineOptions,
  KeyOptions,
  SearchContext,
  SearchEngine,
  SearchResult,
  WebSearchOptions,
} from './web-search/web-search.ts';
export { brave, searxng, tavily, webSearch } from './web-search/web-search.ts';
export type { WriteFileOptions } from './write-file/write-file.ts';
export { writeFile } from './write-file/write-file.ts';
