// Written by scripts/child-texts.ts from sqlite-child.ts: run that after each change of it, or of what it imports.
export const SQLITE_CHILD: string = `import { DatabaseSync, constants } from "node:sqlite";
import { text } from "node:stream/consumers";

function alignEnd(text, place) {
	return isInsidePair(text, place) ? place - 1 : place;
}
function sliceStart(text, maxLength) {
	return text.slice(0, alignEnd(text, maxLength));
}
function isInsidePair(text, place) {
	const before = text.charCodeAt(place - 1);
	const after = text.charCodeAt(place);
	return before >= 55296 && before <= 56319 && after >= 56320 && after <= 57343;
}

const MAX_CELL_LENGTH = 4096;
var RowList = class {
	rows = [];
	cutBy;
	#bytes = 0;
	#limits;
	constructor(limits) {
		this.#limits = limits;
	}
	add(values) {
		if (this.rows.length >= this.#limits.maxRows) this.cutBy = "rows";
		if (this.cutBy !== void 0) return false;
		const row = JSON.stringify(values.map(toJsonValue));
		this.#bytes += Buffer.byteLength(row);
		if (this.#bytes > this.#limits.maxBytes) {
			this.cutBy = "bytes";
			return false;
		}
		this.rows.push(row);
		return true;
	}
};
function toJsonValue(value) {
	if (typeof value === "bigint") return String(value);
	if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
	if (value instanceof Uint8Array) return \`[\${value.length} bytes]\`;
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
	if (typeof value === "string") return shortenText(value);
	if (typeof value !== "object" || value === null) return value ?? null;
	const text = JSON.stringify(value, (_, field) => typeof field === "bigint" ? String(field) : field);
	return text.length <= 4096 ? value : shortenText(text);
}
function shortenText(text) {
	if (text.length <= 4096) return text;
	const start = sliceStart(text, MAX_CELL_LENGTH);
	return \`\${start} [… \${text.length - start.length} more characters]\`;
}

function runQuery({ file, sql, parameters, maxRows, maxBytes }) {
	try {
		const database = new DatabaseSync(file, {
			readOnly: true,
			allowExtension: false,
			timeout: BUSY_MS,
			limits: { length: MAX_VALUE_BYTES }
		});
		database.exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF");
		database.setAuthorizer?.(authorize);
		const statement = database.prepare(sql);
		const columns = statement.columns().map(({ name }) => name);
		if (columns.length === 0) return { type: "refused" };
		statement.setReturnArrays(true);
		statement.setReadBigInts(true);
		const list = new RowList({
			maxRows,
			maxBytes
		});
		for (const row of statement.iterate(...parameters.map(toSqliteValue))) if (!list.add(row.map(toPlainNumber))) break;
		return {
			type: "rows",
			rows: {
				columns,
				rows: list.rows,
				...list.cutBy === void 0 ? {} : { cutBy: list.cutBy }
			}
		};
	} catch (error) {
		return {
			type: "failed",
			message: error instanceof Error ? error.message : String(error)
		};
	}
}
const BUSY_MS = 2e3;
const MAX_VALUE_BYTES = 64 * 2 ** 20;
function authorize(action, first, second) {
	switch (action) {
		case constants.SQLITE_SELECT:
		case constants.SQLITE_READ:
		case constants.SQLITE_RECURSIVE: return constants.SQLITE_OK;
		case constants.SQLITE_FUNCTION: return second === "load_extension" ? constants.SQLITE_DENY : constants.SQLITE_OK;
		case constants.SQLITE_PRAGMA: return READ_PRAGMAS.has(first ?? "") || INNER_PRAGMAS.has(first ?? "") && second === null ? constants.SQLITE_OK : constants.SQLITE_DENY;
		default: return constants.SQLITE_DENY;
	}
}
const READ_PRAGMAS = /* @__PURE__ */ new Set([
	"table_info",
	"table_xinfo",
	"table_list",
	"index_list",
	"index_info",
	"foreign_key_list"
]);
const INNER_PRAGMAS = /* @__PURE__ */ new Set(["data_version", "page_size"]);
function toSqliteValue(value) {
	return typeof value === "boolean" ? Number(value) : value;
}
function toPlainNumber(value) {
	return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
const request = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(runQuery(request)));

export {  };`;
