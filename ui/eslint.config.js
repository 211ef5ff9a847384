import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** The wall: only src/ipc may talk to Tauri. */
const tauri = {
  regex: "^@tauri-apps/",
  message: "Only src/ipc talks to Tauri; ask the Client instead.",
};
/** Each folder of src and what it must not see. */
const walls = {
  "src/parts": ["ipc", "state", "views"],
  "src/state": ["parts", "views"],
  "src/ipc": ["parts", "state", "views"],
};

export default ts.config(
  { ignores: ["dist/", "test-results/", "node_modules/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      "no-undef": "off",
      "no-console": "error",
      // `== null` asks for both kinds of nothing; every other comparison is exact.
      eqeqeq: ["error", "always", { null: "ignore" }],
      // Maps, sets and dates here are looked up, never watched.
      "svelte/prefer-svelte-reactivity": "off",
      "svelte/no-at-html-tags": "error",
      "svelte/button-has-type": "error",
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    files: ["src/**"],
    ignores: ["src/ipc/**"],
    rules: { "no-restricted-imports": ["error", { patterns: [tauri] }] },
  },
  ...Object.entries(walls).map(([folder, forbidden]) => ({
    files: [`${folder}/**`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            ...(folder === "src/ipc" ? [] : [tauri]),
            {
              regex: `^(\\.\\./)+(${forbidden.join("|")})(/|$)`,
              message: `${folder} must not know ${forbidden.join(", ")}.`,
            },
          ],
        },
      ],
    },
  })),
);
