export type { AskUserOptions } from './ask-user/ask-user.ts';
export { askUser } from './ask-user/ask-user.ts';
export type { JailOptions } from './files/jail.ts';
export type { ListFilesOptions } from './list-files/list-files.ts';
export { listFiles } from './list-files/list-files.ts';
export type { ReadFileOptions } from './read-file/read-file.ts';
export { readFile } from './read-file/read-file.ts';
