// Derives JSON Schema from the declarations of a package. It knows what such declarations of objects have, and throws for the rest.

type Schema = Readonly<Record<string, unknown>>;

/** Derives the schemas of the interfaces and types of a file, by name; those of a namespace as `Namespace.Name`. */
export function deriveSchemas(source: string): Readonly<Record<string, Schema>> {
  const parser = new Parser(tokenize(source));
  parser.readDeclarations('');
  return parser.schemas;
}

const TOKEN = /'[^']*'|[\w$]+|=>|\.\.\.|[{}()[\]<>|&;:,?=.]/g;

function tokenize(source: string): readonly string[] {
  const bare = source.replace(/\/\*[\s\S]*?\*\/|^import[\s\S]*?;$|\/\/.*$/gm, '');
  return bare.match(TOKEN) ?? [];
}

/** The types of other files: any value. */
const ANY: Schema = {};

class Parser {
  readonly schemas: Record<string, Schema> = {};
  readonly #tokens: readonly string[];
  #at = 0;
  #namespace = '';

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  readDeclarations(namespace: string): void {
    const outer = this.#namespace;
    this.#namespace = namespace;
    while (this.#at < this.#tokens.length && this.#peek() !== '}') {
      const token = this.#next();
      if (token === 'interface') this.#readInterface();
      else if (token === 'type') this.#readAlias();
      else if (token === 'namespace') this.#readNamespace();
      else if (token === 'class' || token === 'const' || token === 'function') this.#skipStatement();
    }
    this.#namespace = outer;
  }

  #readNamespace(): void {
    const name = this.#qualify(this.#next());
    this.#expect('{');
    this.readDeclarations(name);
    this.#expect('}');
  }

  #readInterface(): void {
    const name = this.#qualify(this.#next());
    if (this.#peek() === '<') this.#skipBalanced('<', '>');
    const bases: Schema[] = [];
    if (this.#accept('extends')) {
      do bases.push(this.#readSingle());
      while (this.#accept(','));
    }
    const own = this.#readObject();
    this.schemas[name] = bases.length === 0 ? own : { allOf: [...bases, own] };
  }

  #readAlias(): void {
    const name = this.#qualify(this.#next());
    if (this.#peek() === '<') this.#skipBalanced('<', '>');
    if (!this.#accept('=')) return;
    this.schemas[name] = this.#readType();
    this.#accept(';');
  }

  #readType(): Schema {
    this.#accept('|');
    const options = [this.#readArray()];
    while (this.#accept('|')) options.push(this.#readArray());
    return options.length === 1 ? (options[0] ?? ANY) : { anyOf: options };
  }

  #readArray(): Schema {
    let schema = this.#readSingle();
    while (this.#peek() === '&') {
      this.#next();
      this.#readSingle();
      schema = { type: 'string' }; // `string & {}`: any text.
    }
    while (this.#peek() === '[') {
      this.#skipBalanced('[', ']');
      schema = { type: 'array', items: schema };
    }
    return schema;
  }

  #readSingle(): Schema {
    const token = this.#peek();
    if (token === '{') return this.#readObject();
    this.#next();
    if (token === '(') {
      const inner = this.#readType();
      this.#expect(')');
      return inner;
    }
    if (token.startsWith("'")) return { const: token.slice(1, -1) };
    if (/^\d+$/.test(token)) return { const: Number(token) };
    switch (token) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return { type: token };
      case 'true':
      case 'false':
        return { const: token === 'true' };
      case 'unknown':
      case 'any':
      case 'undefined':
        return ANY;
    }
    return this.#readReference(token);
  }

  #readReference(first: string): Schema {
    let name = first;
    while (this.#accept('.')) name += `.${this.#next()}`;
    if (this.#peek() !== '<') return { $ref: this.#resolve(name) };
    this.#expect('<');
    const types = [this.#readType()];
    while (this.#accept(',')) types.push(this.#readType());
    this.#expect('>');
    if (name === 'Array') return { type: 'array', items: types[0] ?? ANY };
    return ANY;
  }

  #readObject(): Schema {
    this.#expect('{');
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    while (!this.#accept('}')) {
      if (this.#peek() === '[') {
        this.#skipBalanced('[', ']');
        this.#expect(':');
        this.#readType();
      } else {
        const name = this.#next().replaceAll("'", '');
        const isOptional = this.#accept('?');
        this.#expect(':');
        properties[name] = this.#readType();
        if (!isOptional) required.push(name);
      }
      this.#accept(';');
    }
    return { type: 'object', properties, required };
  }

  /** Names are looked up when the schema is compiled: a namespace may come after its use. */
  #resolve(name: string): string {
    return `${this.#namespace}#${name}`;
  }

  #qualify(name: string): string {
    return this.#namespace === '' ? name : `${this.#namespace}.${name}`;
  }

  #skipStatement(): void {
    while (this.#at < this.#tokens.length) {
      if (this.#peek() === '{') {
        this.#skipBalanced('{', '}');
        return;
      }
      if (this.#next() === ';') return;
    }
  }

  #skipBalanced(open: string, close: string): void {
    this.#expect(open);
    for (let depth = 1; depth > 0; ) {
      const token = this.#next();
      if (token === open) depth++;
      else if (token === close) depth--;
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found === token) return;
    const around = this.#tokens.slice(Math.max(0, this.#at - 12), this.#at).join(' ');
    throw new Error(`A declaration has "${found}" in place of "${token}": ${around}`);
  }
}

/** Returns a schema as one document: `$defs` has what it refers to. Names that the file does not declare, and those of imports, take any value. */
export function bundleSchema(name: string, schemas: Readonly<Record<string, Schema>>): Schema {
  const $defs: Record<string, Schema> = {};
  const add = (key: string): void => {
    if (key in $defs) return;
    const schema = schemas[key] ?? ANY;
    $defs[key] = schema; // Types refer to themselves.
    $defs[key] = replaceReferences(schema) as Schema; // An object stays one.
  };
  const replaceReferences = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replaceReferences);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref } = value as { readonly $ref?: unknown };
    if (typeof $ref === 'string') {
      const key = findKey($ref, schemas);
      add(key);
      return { $ref: `#/$defs/${key}` };
    }
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, replaceReferences(inner)]));
  };
  add(name);
  return { $ref: `#/$defs/${name}`, $defs };
}

/** Looks a name up from the namespace in which it is used, outwards. */
function findKey(reference: string, schemas: Readonly<Record<string, Schema>>): string {
  const [namespace = '', name = ''] = reference.split('#');
  const path = namespace === '' ? [] : namespace.split('.');
  const own = name.replace(/^ResponsesAPI\./, '');
  for (let depth = path.length; depth >= 0; depth--) {
    const key = [...path.slice(0, depth), own].join('.');
    if (key in schemas) return key;
  }
  return own;
}
