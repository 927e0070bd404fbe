/** Thrown by a tool: its message goes to the model word for word. Any other error is told as `{"error": message}`. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Thrown by a tool or a middleware: the run ends `aborted`, after every open call has been answered. */
export class AbortRun extends Error {
  override readonly name = 'AbortRun';
}
