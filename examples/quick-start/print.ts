import { callArguments, callName, type Run } from '@pawl/core';

/** Prints what happens, as it happens. */
export async function print(run: Run): Promise<void> {
  let isMidLine = false;
  const line = (text: string): void => {
    console.log(`${isMidLine ? '\n' : ''}${text}`);
    isMidLine = false;
  };
  for await (const event of run) {
    switch (event.type) {
      case 'attempt.started':
        line(`── turn ${event.turn}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''} (${event.model})`);
        break;
      case 'attempt.failed':
        line(`   ! ${event.error.message}${event.retryInMs === undefined ? '' : ` (again in ${event.retryInMs} ms)`}`);
        break;
      case 'model.text':
        process.stdout.write(event.delta);
        isMidLine = true;
        break;
      case 'tool.finished':
      case 'tool.failed': {
        const { call, content, durationMs } = event;
        const mark = event.type === 'tool.finished' ? '✓' : '✗';
        line(
          `   ${mark} ${callName(call)} ${callArguments(call)}\n     ${content.replaceAll('\n', '\n     ').slice(0, 300)}  (${durationMs} ms)`,
        );
      }
    }
  }
  if (isMidLine) console.log();
}
