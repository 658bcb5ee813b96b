/** The only scripts that this app starts by itself, by name: its service worker and its reader of codes (Trusted Types). */

interface Policy {
  createScriptURL(address: string): string;
}

interface PolicyMaker {
  createPolicy(name: string, rules: Policy): Policy;
}

const OURS = /^\/(?:sw\.js|assets\/qr_worker-[A-Za-z0-9_-]+\.js|platform\/qr_worker\.ts\?.*)$/;

const RULES: Policy = {
  createScriptURL(address) {
    const { origin, pathname, search } = new URL(address, location.origin);
    if (origin !== location.origin || !OURS.test(pathname + search)) throw new TypeError("not a script of this app");
    return pathname + search;
  },
};

const policy = makerIn(globalThis)?.createPolicy("feiqian", RULES) ?? RULES;

/** The address of one of our own scripts, as the browser wants it. Throws TypeError for any other. */
export function ownScript(address: string): string {
  return policy.createScriptURL(address);
}

function makerIn(scope: object): PolicyMaker | undefined {
  const found = "trustedTypes" in scope ? scope.trustedTypes : undefined;
  return isMaker(found) ? found : undefined;
}

function isMaker(found: unknown): found is PolicyMaker {
  return typeof found === "object" && found !== null && "createPolicy" in found;
}
