import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Two modes: the product, and `harness`, a page for looking at the views over made-up documents. Only the first is
// ever shipped, so nothing under test/ can reach it.
export default defineConfig(({ mode }) => ({
  root: mode === "harness" ? here("test/harness") : here("."),
  base: "./",
  plugins: [svelte({ configFile: here("svelte.config.js") })],
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    outDir: mode === "harness" ? here("test-results/harness") : here("dist"),
    emptyOutDir: true,
    target: "es2022",
    // Fonts stay files: the content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Without "browser" the tests would get Svelte's server half, which cannot mount.
  ...(mode === "test" ? { resolve: { conditions: ["browser"] } } : {}),
  test: {
    root: here("."),
    include: ["test/**/*.test.ts"],
    environment: "happy-dom",
  },
}));
