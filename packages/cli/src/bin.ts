#!/usr/bin/env node
import * as nodeModule from 'node:module';

// The commands are imported later: an older Node cannot load them, and would print what is wrong with its own modules.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`pawl needs Node 22.19 or later, and this is Node ${process.versions.node}. Install a newer one.`);
  process.exitCode = 3;
} else {
  // What the modules of the CLI and of the agent compile to is kept: a start takes less than half the time.
  nodeModule.enableCompileCache();
  const { hideSqliteWarning } = await import('./hide-sqlite-warning.ts');
  hideSqliteWarning();
  const { runInstalled } = await import('./run-process.ts');
  await runInstalled();
}
