// The plugin as ESLint takes it: its rules, and the configuration that turns them on.
import type { ESLint, Linter } from "eslint";
import { deterministic } from "./deterministic.ts";

const meta = { name: "@evenkeel/eslint-plugin", version: "0.1.0", namespace: "evenkeel" };
const rules = { deterministic };
const base: ESLint.Plugin = { meta, rules };

/**
 * ESLint's plugin for Evenkeel, for flat configuration.
 *
 * @example
 * // eslint.config.js
 * import evenkeel from "@evenkeel/eslint-plugin";
 * export default [evenkeel.configs.recommended];
 */
const plugin: { readonly meta: typeof meta; readonly rules: typeof rules; readonly configs: { readonly recommended: Linter.Config } } = {
  meta, rules,
  configs: { recommended: { name: "evenkeel/recommended", plugins: { evenkeel: base }, rules: { "evenkeel/deterministic": "error" } } },
};

export default plugin;
