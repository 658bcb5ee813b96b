/** Icons of screens that few days need, and of the console. Importing this file is what makes them known to `Icon`. */

import { addIcons } from "./icons.tsx";

export const SELDOM = {
  wallet: "M4 7.500A2 2 0 0 1 6 5.500h11v3M4 7.500v10a2 2 0 0 0 2 2h14v-11H6a2 2 0 0 1-2-1zM16.500 14v.1",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400zM9 19.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z",
  phone:
    "M7.500 3h9a1.200 1.200 0 0 1 1.200 1.200v15.600a1.200 1.200 0 0 1-1.200 1.200h-9a1.200 1.200 0 0 1-1.200-1.200V4.200A1.200 1.200 0 0 1 7.500 3zM11 18h2",
  flag: "M6 21V4M6 4.500h11.500l-2.500 4 2.500 4H6",
  key: "M8 16a4 4 0 1 1 3.800-5.200H20v3h-2.500v2h-3v-2h-2.700A4 4 0 0 1 8 16zM8 12v.1",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 20 20",
  minus: "M6 12h12",
  torch: "M8 3.500h8l-1.500 5v12h-5v-12zM12 12v2",
} as const;

addIcons(SELDOM);
