import { defineConfig } from 'vite';

// Relative addresses, so that the folder works below any path; no inlined file, for a strict CSP.
export default defineConfig({
  base: './',
  build: {
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    target: 'es2022',
    // Bare CSS of one page; a map would double the wheel.
    sourcemap: false,
  },
});
