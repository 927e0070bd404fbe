import { registerHooks } from 'node:module';

/** Hides SQLite from a process, as on Node 20: `node --import without-sqlite.ts program.ts`. */
const createUnknownModuleError = (): Error =>
  Object.assign(new Error('No such built-in module: node:sqlite'), { code: 'ERR_UNKNOWN_BUILTIN_MODULE' });

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'node:sqlite') throw createUnknownModuleError();
    return next(specifier, context);
  },
});

const getBuiltinModule = process.getBuiltinModule;

process.getBuiltinModule = ((id: string) =>
  id === 'node:sqlite' ? undefined : getBuiltinModule(id)) as typeof getBuiltinModule;
