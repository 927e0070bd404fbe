import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';

/** The model gave neither text nor calls, twice. */
export class EmptyReplyError extends PawlError {
  override readonly name = 'EmptyReplyError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'EmptyReplyError');
  }

  static override isInstance(error: unknown): error is EmptyReplyError {
    return hasBrand(error, 'EmptyReplyError');
  }
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
    addBrand(this, 'ToolCorrectionError');
  }

  static override isInstance(error: unknown): error is ToolCorrectionError {
    return hasBrand(error, 'ToolCorrectionError');
  }
}

/** The model made the same failing call again and again, also after it was told. */
export class StuckError extends PawlError {
  override readonly name = 'StuckError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'StuckError');
  }

  static override isInstance(error: unknown): error is StuckError {
    return hasBrand(error, 'StuckError');
  }
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
    addBrand(this, 'OutputError');
  }

  static override isInstance(error: unknown): error is OutputError {
    return hasBrand(error, 'OutputError');
  }
}
