// Written by scripts/child-texts.ts from javascript-child.ts: run that after each change of it, or of what it imports.
export const JAVASCRIPT_CHILD: string = `import { registerHooks } from "node:module";
import { readFileSync, writeSync } from "node:fs";

const KEPT_GLOBALS = /* @__PURE__ */ new Set([
	...[
		"Object",
		"Function",
		"Array",
		"Number",
		"Boolean",
		"String",
		"Symbol",
		"Date",
		"Promise",
		"RegExp",
		"BigInt"
	],
	...[
		"Error",
		"AggregateError",
		"EvalError",
		"RangeError",
		"ReferenceError",
		"SyntaxError",
		"TypeError",
		"URIError"
	],
	...[
		"ArrayBuffer",
		"DataView",
		"Uint8Array",
		"Int8Array",
		"Uint16Array",
		"Int16Array",
		"Uint32Array",
		"Int32Array"
	],
	...[
		"Float16Array",
		"Float32Array",
		"Float64Array",
		"Uint8ClampedArray",
		"BigUint64Array",
		"BigInt64Array"
	],
	...[
		"Map",
		"Set",
		"WeakMap",
		"WeakSet",
		"WeakRef",
		"FinalizationRegistry",
		"Proxy",
		"Reflect",
		"Iterator",
		"JSON"
	],
	...[
		"Math",
		"Intl",
		"Temporal",
		"SuppressedError",
		"DisposableStack",
		"AsyncDisposableStack",
		"globalThis"
	],
	...[
		"parseFloat",
		"parseInt",
		"isFinite",
		"isNaN",
		"Infinity",
		"NaN",
		"undefined",
		"escape",
		"unescape",
		"eval"
	],
	...[
		"decodeURI",
		"decodeURIComponent",
		"encodeURI",
		"encodeURIComponent",
		"atob",
		"btoa",
		"URL",
		"URLSearchParams"
	],
	...[
		"TextEncoder",
		"TextDecoder",
		"structuredClone",
		"queueMicrotask",
		Symbol.toStringTag
	]
]);
const KEPT_PROCESS_FIELDS = /* @__PURE__ */ new Set([
	...[
		"version",
		"versions",
		"arch",
		"platform",
		"release",
		"features",
		"config",
		"env",
		"argv",
		"execArgv",
		"pid"
	],
	...[
		"_events",
		"_eventsCount",
		"_maxListeners",
		"_exiting",
		"exitCode",
		"domain",
		"nextTick",
		"_tickCallback"
	],
	...[
		"_fatalException",
		"emitWarning",
		"noProcessWarnings",
		"reallyExit"
	]
]);
const { process, Buffer } = globalThis;
const { stringify } = JSON;
const { exit } = process;
const { setTimeout: startTimeout, setInterval: startInterval, clearTimeout: clearTimer } = globalThis;
function writeLine(line) {
	const bytes = Buffer.from(\`\${stringify(line)}\\n\`);
	for (let written = 0; written < bytes.length;) written += writeSync(1, bytes, written);
}
async function run({ code, input }) {
	const AsyncFunction = run.constructor;
	let line;
	try {
		const body = AsyncFunction("input", \`'use strict';\\n\${code}\`);
		line = {
			type: "returned",
			json: stringify(await body(input)) ?? "null"
		};
	} catch (error) {
		line = {
			type: "threw",
			message: formatError(error)
		};
	}
	end(line);
}
function end(line) {
	process.removeAllListeners("exit");
	writeLine(line);
	return exit.call(process, 0);
}
function formatError(error) {
	if (!(error instanceof Error)) return \`threw \${formatValue(error)}\`;
	const [, line] = /<anonymous>:(\\d+):\\d+/.exec(String(error.stack)) ?? [];
	return \`\${error.name}: \${error.message}\${line === void 0 ? "" : \` (line \${Number(line) - 3})\`}\`;
}
function formatValue(value) {
	if (typeof value === "string") return value;
	try {
		return (value instanceof Error ? formatError(value) : stringify(value)) ?? String(value);
	} catch {
		return typeof value;
	}
}
const print = (...values) => writeLine({
	type: "printed",
	text: values.map(formatValue).join(" ")
});
function createTimers() {
	const running = /* @__PURE__ */ new Map();
	let last = 0;
	const createStarter = (start) => (callback, ms, ...args) => {
		if (typeof callback !== "function") throw new TypeError("A timer needs a function.");
		const id = ++last;
		running.set(id, start(() => void callback(...args), Number(ms)));
		return id;
	};
	const clear = (id) => clearTimer(running.get(Number(id)));
	return {
		setTimeout: createStarter(startTimeout),
		setInterval: createStarter(startInterval),
		clearTimeout: clear,
		clearInterval: clear
	};
}
function strip(target, kept) {
	for (const key of Reflect.ownKeys(target)) {
		if (kept.has(key) || Reflect.deleteProperty(target, key)) continue;
		Reflect.set(target, key, void 0);
	}
}
process.on("uncaughtException", (error) => end({
	type: "threw",
	message: formatError(error)
}));
process.on("exit", () => writeLine({ type: "stalled" }));
writeLine({ type: "ready" });
const text = readFileSync(0, "utf8");
if (text === "") end({
	type: "threw",
	message: "There is no code to run."
});
const request = JSON.parse(text);
registerHooks({ resolve: () => {
	throw new Error("Imports are not available.");
} });
const own = {
	console: {
		log: print,
		info: print,
		warn: print,
		error: print,
		debug: print
	},
	...createTimers()
};
strip(globalThis, KEPT_GLOBALS);
strip(process, KEPT_PROCESS_FIELDS);
Object.assign(globalThis, own);
await run(request);

export {  };`;
