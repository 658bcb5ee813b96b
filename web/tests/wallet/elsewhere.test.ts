/** What is set aside on a payer's other devices, such as a lost one, is said apart from what can be spent here. */

import { expect, test } from "vitest";
import { AllowanceRef } from "../../protocol/ids.ts";
import { Site } from "./site.ts";
import { Clock, CODE, Operator } from "./world.ts";

test("what waits on a lost device is told with its date, and goes when it is over", async () => {
  const operator = await Operator.make(new Clock());
  const { device: app } = new Site(operator);
  await app.enrol({ code: CODE, pin: "402896" });
  await app.topUp(100_00n);
  const [own] = app.home().allowances;
  if (own === undefined) throw new Error("no allowance");
  expect(app.home().elsewhere).toBeNull();
  const until = operator.clock.now + 9 * 86_400;
  const line = { closed: false, complete: true, deadline: until };
  const lost = { ...line, ref: AllowanceRef.of(new Uint8Array(8)), reservedMinor: 150_00n, waitingMinor: 30_00n };
  const here = { ...line, ref: AllowanceRef.of(Uint8Array.from(Buffer.from(own.refHex, "hex"))) };
  operator.lines = [{ ...here, reservedMinor: 100_00n, waitingMinor: 0n, deadline: until + 1 }, lost];
  await app.sync({ force: true });
  expect(app.home().elsewhere).toEqual({ reservedMinor: 150_00n, waitingMinor: 30_00n, until });
  expect(app.home()).toMatchObject({ spendableMinor: 100_00n, waitingMinor: 0n });

  operator.lines = [{ ...lost, closed: true, reservedMinor: 0n, waitingMinor: 0n }];
  await app.sync({ force: true });
  expect(app.home().elsewhere).toBeNull();
});
