/** What can keep the camera from giving a picture, apart from the camera, which is loaded with the first scan. */

/** Why there is no picture. */
export type CameraWhy = "refused" | "none" | "busy" | "insecure";

export class CameraFailed extends Error {
  readonly why: CameraWhy;
  constructor(why: CameraWhy) {
    super(`camera: ${why}`);
    this.name = "CameraFailed";
    this.why = why;
  }
}
