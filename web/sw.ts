/**
 * The service worker: the apps as files, so that they open with no network, and never half of an update.
 *
 * - All files of a version are fetched and compared with the hashes that this worker was built with, before it counts as
 *   installed: an update that is broken, cut off or mixed with another leaves the old version serving.
 * - A new version waits until a page says "take over" (platform/install.ts): nothing changes under a payment.
 * - A page of the version before that is still open gets its parts, which it loads when they are first needed.
 * - Only files of the list are answered; everything else, /v1 above all, goes to the network and is never kept.
 *
 * https://www.w3.org/TR/service-workers/
 */

import files from "virtual:site-files";

/** The part of a service worker's surroundings that is used here; the compiler's own would take the page's away. */
interface Lifetime {
  waitUntil(done: Promise<unknown>): void;
}
interface Asked extends Lifetime {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Surroundings {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: "install" | "activate", hear: (event: Lifetime) => void): void;
  addEventListener(kind: "fetch", hear: (event: Asked) => void): void;
  addEventListener(kind: "message", hear: (event: MessageEvent<unknown> & Lifetime) => void): void;
}
declare const self: Surroundings;

const PREFIX = "feiqian-files-";
const FILES: ReadonlyMap<string, string> = new Map(Object.entries(files));
const AT_ONCE = 6;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
});
self.addEventListener("fetch", (event) => {
  const path = fileOf(event.request);
  if (path !== undefined) event.respondWith(given(path, event.request));
  else if (isPart(event.request)) event.respondWith(earlier(event.request));
});

/** The file that a request means; undefined for everything that is none of ours. */
function fileOf(request: Request): string | undefined {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return undefined;
  if (FILES.has(pathname)) return pathname;
  return FILES.has(`${pathname}/`) && request.mode === "navigate" ? `${pathname}/` : undefined;
}

/** A file of some version: its name holds a hash, so that it can be no other version's. */
function isPart(request: Request): boolean {
  const { origin, pathname } = new URL(request.url);
  return request.method === "GET" && origin === location.origin && pathname.startsWith("/assets/");
}

async function earlier(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function given(path: string, request: Request): Promise<Response> {
  if (new URL(request.url).pathname !== path) return Response.redirect(path, 308); // links are relative to the folder
  const kept = await (await caches.open(await cacheName())).match(path);
  return kept ?? fetch(request); // the browser threw our files away: the network is all that is left
}

async function install(): Promise<void> {
  const name = await cacheName();
  const cache = await caches.open(name);
  const missing = [...FILES];
  const work = async (): Promise<void> => {
    for (let next = missing.pop(); next !== undefined; next = missing.pop()) await keep(cache, ...next);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
}

/** Keeps one file: from an earlier version where it is the same, else from the network. Throws if it is another one. */
async function keep(cache: Cache, path: string, hash: string): Promise<void> {
  const before = await caches.match(path);
  if (before !== undefined && (await hashOf(before)) === hash) return cache.put(path, before);
  const fresh = await fetch(path, { cache: "no-cache", redirect: "error" });
  if (!fresh.ok || (await hashOf(fresh)) !== hash) throw new TypeError(`not the file of this version: ${path}`);
  return cache.put(path, fresh);
}

async function activate(): Promise<void> {
  const ours = await cacheName();
  const before = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== ours);
  await Promise.all(before.slice(0, -1).map((name) => caches.delete(name))); // oldest first; the last one may be open
  await self.clients.claim();
}

/** The version's name: the hash of its list. */
async function cacheName(): Promise<string> {
  return PREFIX + (await sha256(new TextEncoder().encode(JSON.stringify(files))));
}

async function hashOf(response: Response): Promise<string> {
  return sha256(await response.clone().arrayBuffer());
}

async function sha256(data: BufferSource): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
