/** The one-way code has a file of its own: most payments answer a request. It is there before a code can be drawn. */

import { later } from "../../ui/later.tsx";

const oneWay = later(async () => (await Promise.all([import("./code.tsx"), import("./seldom_style.ts")]))[0]);

export const Code = oneWay((screens) => screens.Code);
export const CodeShown = oneWay((screens) => screens.CodeShown);
