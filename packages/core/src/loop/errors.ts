import { addBrand, hasBrand } from '../base/brand.ts';
import { PawlError, type PawlErrorOptions } from '../base/errors.ts';

/** The model gave neither text nor calls, twice. */
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

/** The model's arguments for one tool failed more often in a row than the tool allows. */
export class InvalidToolInputError extends PawlError {
  override readonly name = 'InvalidToolInputError';
  readonly tool: string;
  /** The last issue, as the model was told it. */
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

/** The model made the same failing call again and again, also after it was told. */
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

/** The run's last word did not fit the output schema, also after corrections. */
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
