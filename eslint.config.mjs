// What the linter holds: types are never switched off, promises never float, and core touches the outside
// only through its host interface. Layout and naming of files are held by scripts/structure.ts, not here.
import js from "@eslint/js";
import { tsImport } from "tsx/esm/api";
import tseslint from "typescript-eslint";

// Our own plugin, from its sources: it needs no build, as nothing here does.
const { default: evenkeel } = await tsImport("./packages/eslint-plugin/src/index.ts", import.meta.url);

const host = "core runs under the checker and in the browser: take it from the host interface (packages/core/src/spi/).";

const syntaxEverywhere = [
  {
    selector: "TSAsExpression > TSAsExpression > TSUnknownKeyword",
    message: "`as unknown as` silences the compiler. Parse the value, narrow it, or fix the type.",
  },
  {
    selector: "CallExpression[callee.object.name=/^(test|it|describe|suite)$/][callee.property.name='only']",
    message: "`.only` hides every other test of the file. Run one file with `npm test -- <part of its path>`.",
  },
];

const syntaxInCore = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: `\`new Date()\` reads the machine's clock: use the host's clock; ${host}`,
  },
  { selector: "CallExpression[callee.name='Date']", message: `\`Date()\` reads the machine's clock: use the host's clock; ${host}` },
];

const deepImports = {
  regex: "^(@evenkeel/[^/]+|evenkeel)/(src|dist)(/|$)",
  message: "Import the package's public name; what it does not export is not for other packages.",
};

const outsideOfCore = {
  globals: [
    ["setTimeout", "the host's scheduler"],
    ["setInterval", "the host's scheduler"],
    ["setImmediate", "the host's scheduler"],
    ["queueMicrotask", "the host's scheduler"],
    ["performance", "the host's clock"],
    ["crypto", "the host's ids and random source"],
    ["process", "an argument given by the application"],
    ["console", "the host's log"],
    ["fetch", "a port's performer (the SPI's world)"],
    ["Buffer", "Uint8Array, TextEncoder and TextDecoder"],
    ["globalThis", "an argument or the host interface"],
    ["require", "an import"],
    ["__dirname", "nothing: core has no files"],
  ].map(([name, instead]) => ({ name, message: `Use ${instead}; ${host}` })),
  properties: [
    { object: "Date", property: "now", message: `Use the host's clock; ${host}` },
    { object: "Math", property: "random", message: `Use the host's random source; ${host}` },
  ],
};

const unusedVariables = {
  argsIgnorePattern: "^_",
  varsIgnorePattern: "^_",
  caughtErrorsIgnorePattern: "^_",
  ignoreRestSiblings: true,
};

// node:test returns a promise from its top-level functions and awaits it itself; subtests (`t.test`) must be awaited.
const nodeTestFunctions = [{ from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] }];

const nodeGlobals = ["process", "console", "URL", "setTimeout", "clearTimeout", "performance", "fetch", "Buffer"];

export default tseslint.config(
  { ignores: ["**/node_modules/", "**/dist/", ".evenkeel/", "**/.evenkeel/", "coverage/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { allowDefaultCaseForExhaustiveSwitch: true, considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: nodeTestFunctions }],
      "@typescript-eslint/no-unused-vars": ["error", unusedVariables],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // Objects here come from factories and close over their state; there is no `this` to lose.
      "@typescript-eslint/unbound-method": "off",
      // An async function without await is how a synchronous form implements an asynchronous interface.
      "@typescript-eslint/require-await": "off",
      // `{}` and lone type parameters are how builders accumulate inferred types without asking users for type arguments.
      "@typescript-eslint/no-empty-object-type": "off",
      "@typescript-eslint/no-generated-empty-object-type": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // There are no enums here (`erasableSyntaxOnly`): all it finds are objects indexed by the names of operations.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "no-restricted-syntax": ["error", ...syntaxEverywhere],
      "no-restricted-imports": ["error", { patterns: [deepImports] }],
      "eqeqeq": ["error", "smart"],
    },
  },
  {
    files: ["packages/core/src/**/*.ts"],
    ignores: ["**/*.test.ts", "**/*.test-d.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [deepImports, { regex: "^node:", message: `No node:* in core; ${host}` }] },
      ],
      "no-restricted-globals": ["error", ...outsideOfCore.globals],
      "no-restricted-properties": ["error", ...outsideOfCore.properties],
      "no-restricted-syntax": ["error", ...syntaxEverywhere, ...syntaxInCore],
    },
  },
  {
    files: ["**/*.test.ts", "**/*.test-d.ts"],
    rules: {
      // Tests hand over deliberately odd functions and never-rejecting stand-ins; the product may not.
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
    },
  },
  {
    files: ["examples/*/src/**/*.ts"],
    ignores: ["**/*.test.ts"],
    plugins: { evenkeel },
    rules: { "evenkeel/deterministic": ["error", { contextTypes: ["WorkflowContext", "DeliveryContext"] }] },
  },
  {
    // The benchmarks have dependencies of their own, which are installed only to run them: without those there are no types to judge.
    files: ["benchmarks/**/*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { "@typescript-eslint/consistent-type-exports": "off" },
  },
  {
    files: ["**/*.mjs", "**/*.js"],
    languageOptions: { globals: Object.fromEntries(nodeGlobals.map((name) => [name, "readonly"])) },
    rules: { "no-unused-vars": ["error", unusedVariables] },
  },
  // SQL and sentences stay whole: a statement cut into pieces cannot be read or searched.
  { rules: { "max-len": ["error", { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true }] } },
);
