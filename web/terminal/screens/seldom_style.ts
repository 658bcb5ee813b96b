/** The style of the screens that are loaded later: who imports this file has it. */

import { styled } from "../../ui/styled.ts";
import address from "./seldom.css?url";

await styled(address);
