/** Addresses that the build gives to files: what an import with `?url` means. */

declare module "*?worker&url" {
  const address: string;
  export default address;
}

declare module "*?url" {
  const address: string;
  export default address;
}

declare module "virtual:site-files" {
  /** Path on the site -> SHA-256 in hex, of everything that works without a network. */
  const files: Readonly<Record<string, string>>;
  export default files;
}

declare module "*.css" {}
