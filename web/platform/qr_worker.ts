/** The worker that reads codes: the one door to zxing-wasm. Its WebAssembly is a file of this app. */

import { prepareZXingModule, type ReaderOptions, readBarcodes } from "zxing-wasm/reader";
import wasmAddress from "zxing-wasm/reader/zxing_reader.wasm?url";
import type { QrAsk, QrFound } from "./qr_read.ts";

const OPTIONS: ReaderOptions = {
  formats: ["QRCode"],
  maxNumberOfSymbols: 4,
  tryHarder: true,
  tryRotate: true,
  tryInvert: false,
  tryDownscale: true,
};

prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasmAddress : prefix + path) },
});

addEventListener("message", async ({ data }: MessageEvent<QrAsk>) => {
  const found: QrFound = { number: data.number, texts: await textsIn(data.picture) };
  postMessage(found);
});

async function textsIn(picture: ImageData): Promise<readonly string[]> {
  const results = await readBarcodes(picture, OPTIONS);
  return results.filter((result) => result.isValid).map((result) => result.text);
}
