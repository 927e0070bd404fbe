import { noteError, search } from './watch.ts';

// Searches everything that the suite emits: errors when they are created, and printed text. The watchers
// call the original functions and replace no behavior.

globalThis.Error = new Proxy(Error, {
  construct(target, args, newTarget): Error {
    const error: Error = Reflect.construct(target, args, newTarget);
    noteError(error);
    return error;
  },
});

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = ((...args: Parameters<typeof write>) => {
    search('output', String(args[0]));
    return write(...args);
  }) as typeof write; // It has two signatures.
}

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const print = console[method];
  console[method] = (...args: unknown[]) => {
    for (const each of args) search('output', each);
    print.apply(console, args);
  };
}
