import { PawlError } from '../base/errors.ts';

/** The model gave neither text nor calls, twice. */
export class EmptyReplyError extends PawlError {
  override readonly name = 'EmptyReplyError';
}

/** The model's arguments for one tool failed more often in a row than the tool allows. */
export class ToolCorrectionError extends PawlError {
  override readonly name = 'ToolCorrectionError';
  readonly tool: string;
  /** The last issue, as the model was told it. */
  readonly issue: string;

  constructor(message: string, { tool, issue }: { readonly tool: string; readonly issue: string }) {
    super(message, { code: 'tool.correction' });
    this.tool = tool;
    this.issue = issue;
  }
}

/** The model made the same failing call again and again, also after it was told. */
export class StuckError extends PawlError {
  override readonly name = 'StuckError';
}

/** The run's last word did not fit the output schema, also after corrections. */
export class OutputError extends PawlError {
  override readonly name = 'OutputError';
  /** The model's last text. */
  readonly text: string;
  readonly issues: string;

  constructor(message: string, { text, issues }: { readonly text: string; readonly issues: string }) {
    super(message, { code: 'output.invalid' });
    this.text = text;
    this.issues = issues;
  }
}
