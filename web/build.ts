/**
 * Builds the web apps into dist/: every page named below that exists, then the service worker. `npm run build`.
 * `node build.ts FOLDER PAGE…` builds other pages elsewhere, such as ui/gallery.html or a page for tests.
 *
 * Each app is a build of its own: what it needs every day is one file, in which nothing is another app's, beside one file
 * of words a language and those for what is needed seldom. What an app loads is weighed (tests/web/test_weight.py).
 *
 * The service worker comes last, because it holds the names and hashes of all files that work offline, and its name has
 * no hash: browsers look for it there. It is one classic script.
 * The console needs the network and is not among the files it keeps.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, parse, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type InlineConfig, type Plugin } from "vite";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const [FOLDER = join(ROOT, "dist"), ...OTHERS] = process.argv.slice(2);
const DIST = resolve(FOLDER);
const APPS = {
  start: "index.html",
  wallet: "wallet/index.html",
  terminal: "terminal/index.html",
  console: "console/index.html",
  lost: "lost/index.html",
};
const FILES = "virtual:site-files";
const ONLINE_ONLY = /^\/(?:console\/|assets\/console-)/;

/** As much of the bundler's graph as is read here: who imports a module, dynamic imports left out. */
interface ModuleGraph {
  getModuleInfo(id: string): { readonly isEntry: boolean; readonly importers: readonly string[] } | null;
}

const SHARED: InlineConfig = { root: ROOT, configFile: false, logLevel: "warn" };

const nameOf = (page: string): string => (page === APPS.start ? "start" : parse(dirname(page)).name);
const wanted = OTHERS.length === 0 ? Object.entries(APPS) : OTHERS.map((page) => [nameOf(page), page] as const);
const pages = wanted.filter(([, page]) => existsSync(join(ROOT, page)));
for (const [name, page] of pages) {
  await build({
    ...SHARED,
    build: {
      outDir: DIST,
      emptyOutDir: name === pages[0]?.[0],
      target: "es2023",
      modulePreload: false, // what an app needs at once is one file: there is nothing to ask for beside it
      assetsInlineLimit: 0, // a file in a data: address is none that the content policy or the service worker knows
      rolldownOptions: {
        input: { [name]: join(ROOT, page) },
        output: { codeSplitting: { groups: [{ name: neededAtOnce(name), debugName: name }] } },
      },
    },
    worker: { format: "es" },
    plugins: [plainImports(), withoutDetails()],
  });
}
await build({
  ...SHARED,
  publicDir: false,
  plugins: [siteFiles()],
  build: {
    outDir: DIST,
    emptyOutDir: false,
    target: "es2023",
    rolldownOptions: { input: join(ROOT, "sw.ts"), output: { format: "iife", entryFileNames: "sw.js" } },
  },
});

/**
 * The chunk of what the page needs at once: all that it reaches without a dynamic import. Left to itself the bundler gives
 * each set of modules that a later part shares with the page a file of its own, and small files pack badly.
 */
function neededAtOnce(name: string): (id: string, graph: ModuleGraph) => string | null {
  const needed = new Set<string>();
  const isNeeded = (id: string, graph: ModuleGraph, asked: Set<string>): boolean => {
    if (needed.has(id)) return true;
    if (asked.has(id)) return false; // modules may import each other
    asked.add(id);
    const found = graph.getModuleInfo(id);
    const isOne = found !== null && (found.isEntry || found.importers.some((one) => isNeeded(one, graph, asked)));
    if (isOne) needed.add(id);
    return isOne;
  };
  return (id, graph) => (isNeeded(id, graph, new Set()) ? name : null);
}

/**
 * A later part is imported and nothing else. The bundler's own way also looks for styles and for scripts to be fetched
 * ahead; here a part's style is that of its app, and the service worker has fetched all of it.
 */
function plainImports(): Plugin {
  const helper = "\0vite/preload-helper.js";
  return {
    name: "feiqian-plain-imports",
    enforce: "pre",
    load: (id) => (id === helper ? "export const __vitePreload = (load) => load();" : undefined),
  };
}

/**
 * What only developers read of a failure stays in the sources: `new Refused("malformed", "…")` keeps its code, and with it
 * the sentences that people read. Nothing in a built app shows or stores the rest.
 */
function withoutDetails(): Plugin {
  const text = '(?:"[^"\\\\\\n]*"|`[^`\\\\]*`),?\\s*\\)';
  const details = [
    new RegExp(`(new Refused\\(\\s*"[a-z0-9_]+"),\\s*${text}`, "g"),
    new RegExp(`((?:new (?:Conflict|Base45Error|InflateError|FormUnknown)|throw malformed)\\()\\s*${text}`, "g"),
    new RegExp(`(\\blaw\\(.+), ${text}`, "g"),
  ];
  return {
    name: "feiqian-without-details",
    enforce: "post",
    transform(code, id) {
      if (!id.startsWith(ROOT) || id.includes("node_modules")) return undefined;
      const bare = details.reduce((left, detail) => left.replaceAll(detail, "$1)"), code);
      return bare === code ? undefined : { code: bare, map: null };
    },
  };
}

/** What `import files from "virtual:site-files"` gives: the files of the build that is in dist/ now. */
function siteFiles(): Plugin {
  return {
    name: "feiqian-site-files",
    resolveId: (id) => (id === FILES ? `\0${FILES}` : undefined),
    load: (id) => (id === `\0${FILES}` ? `export default ${JSON.stringify(builtFiles())};` : undefined),
  };
}

/** Path on the site -> SHA-256 in hex; a folder's index.html goes by the folder's name. */
function builtFiles(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${relative(DIST, file).split(sep).join("/")}`.replace(/\/index\.html$/, "/");
    if (ONLINE_ONLY.test(path) || path === "/sw.js" || path === "/feiqian-stamp.json") continue;
    files[path] = createHash("sha256").update(readFileSync(file)).digest("hex");
  }
  return Object.fromEntries(Object.entries(files).sort());
}
