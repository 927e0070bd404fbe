import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';

/** The model returned neither text nor tool calls, twice in a row. */
export class EmptyResponseError extends PawlError {
  override readonly name = 'EmptyResponseError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'EmptyResponseError');
  }

  static override isInstance(error: unknown): error is EmptyResponseError {
    return hasBrand(error, 'EmptyResponseError');
  }
}

/** The model's input for one tool was invalid in more turns in a row than `maxInputRetries` allows. */
export class InvalidToolInputError extends PawlError {
  override readonly name = 'InvalidToolInputError';
  readonly tool: string;
  /** The last validation issue, as the model got it. */
  readonly issue: string;

  constructor(message: string, { tool, issue }: { readonly tool: string; readonly issue: string }) {
    super(message, { code: 'tool.invalid_input' });
    this.tool = tool;
    this.issue = issue;
    addBrand(this, 'InvalidToolInputError');
  }

  static override isInstance(error: unknown): error is InvalidToolInputError {
    return hasBrand(error, 'InvalidToolInputError');
  }
}

/** The model repeated a failing call even after a warning. */
export class RepeatedToolFailureError extends PawlError {
  override readonly name = 'RepeatedToolFailureError';

  constructor(message: string, options: PawlErrorOptions) {
    super(message, options);
    addBrand(this, 'RepeatedToolFailureError');
  }

  static override isInstance(error: unknown): error is RepeatedToolFailureError {
    return hasBrand(error, 'RepeatedToolFailureError');
  }
}

/** The final text of the run does not match the output schema, or `validate` rejects it, even after `maxOutputRetries` retries. */
export class InvalidOutputError extends PawlError {
  override readonly name = 'InvalidOutputError';
  /** The model's last text. */
  readonly text: string;
  readonly issues: string;

  constructor(message: string, { text, issues }: { readonly text: string; readonly issues: string }) {
    super(message, { code: 'output.invalid' });
    this.text = text;
    this.issues = issues;
    addBrand(this, 'InvalidOutputError');
  }

  static override isInstance(error: unknown): error is InvalidOutputError {
    return hasBrand(error, 'InvalidOutputError');
  }
}
