/**
 * The rear camera, and the texts of the codes that it sees.
 *
 * A frame is taken only after the one before was read, so a slow phone reads fewer frames and not later ones. Two frames
 * with the same text count once, as soon as somebody took it: a piece of a message that comes while another one is looked
 * at would else be lost for good. The picture goes to the reader and nowhere else.
 */

import { CameraFailed, type CameraWhy } from "./camera_failed.ts";
import { QrReader } from "./qr_read.ts";

const IDEAL: MediaTrackConstraints = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1280 },
  height: { ideal: 720 },
};
const PAUSE_MS = 30;
const SIDE_MAX = 1_280;

/** A running camera. */
export interface Camera {
  readonly hasTorch: boolean;
  setTorch(on: boolean): Promise<void>;
  stop(): void;
}

/** Shows the camera in `video` and calls `found` with each new text until it takes it. Throws CameraFailed. */
export async function startCamera(video: HTMLVideoElement, found: (text: string) => boolean): Promise<Camera> {
  const stream = await opened();
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new CameraFailed("none");
  video.srcObject = stream;
  video.muted = true;
  video.playsInline = true;
  try {
    await video.play();
  } catch {
    end(stream); // the screen was left meanwhile: nobody else would ever turn the camera off
    throw new CameraFailed("busy");
  }
  const reader = new QrReader();
  let running = true;
  void watch(video, reader, () => running, found);
  return {
    hasTorch: "torch" in track.getCapabilities(),
    setTorch: (on) => light(track, on),
    stop() {
      running = false;
      end(stream);
      video.srcObject = null;
      reader.close();
    },
  };
}

function end(stream: MediaStream): void {
  for (const part of stream.getTracks()) part.stop();
}

async function light(track: MediaStreamTrack, on: boolean): Promise<void> {
  const wish: MediaTrackConstraintSet & { torch: boolean } = { torch: on };
  await track.applyConstraints({ advanced: [wish] });
}

async function opened(): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new CameraFailed("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ video: IDEAL, audio: false });
  } catch (error) {
    throw new CameraFailed(whyOf(error));
  }
}

function whyOf(error: unknown): CameraWhy {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "none";
}

async function watch(
  video: HTMLVideoElement,
  reader: QrReader,
  running: () => boolean,
  found: (text: string) => boolean,
): Promise<void> {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = new Set<string>();
  while (running() && context !== null) {
    const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight, 1));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    if (width > 0 && height > 0) {
      canvas.width = width;
      canvas.height = height;
      context.drawImage(video, 0, 0, width, height);
      const texts = await reader.read(context.getImageData(0, 0, width, height));
      for (const text of texts) {
        if (!running() || seen.has(text)) continue;
        if (found(text)) seen.add(text);
      }
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
}
