/** What is put into a record comes out the same, whatever it is; anything else that is read is refused. */

import {
  array,
  assert,
  bigInt,
  boolean,
  constant,
  dictionary,
  letrec,
  maxSafeInteger,
  oneof,
  property,
  string,
  uint8Array,
} from "fast-check";
import { expect, test } from "vitest";
import { packRecord, type RecordValue, unpackRecord } from "../../platform/record_value.ts";
import { utf8 } from "../../protocol/octets.ts";

const { value } = letrec<{ value: RecordValue }>((tie) => ({
  value: oneof(
    { maxDepth: 3 },
    constant(null),
    boolean(),
    string(),
    maxSafeInteger(),
    bigInt(),
    uint8Array().map((bytes) => new Uint8Array(bytes)),
    array(tie("value"), { maxLength: 4 }),
    dictionary(
      string().filter((name) => !name.startsWith("$") && name !== "__proto__"),
      tie("value"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

test("every record comes back as it was", () => {
  assert(
    property(value, (record) => {
      expect(unpackRecord(packRecord(record))).toEqual(record);
    }),
  );
});

test.each([["1.5"], ['{"$n":1}'], ['{"$b":"zz"}'], ['{"$x":"1"}'], ["9007199254740993"]])("%s is no record", (json) => {
  expect(() => unpackRecord(utf8(json))).toThrow();
});

test("a fraction, a number too large and a name that is a mark are not written", () => {
  for (const record of [0.5, Number.MAX_VALUE, { $n: 1n }]) expect(() => packRecord(record)).toThrow(RangeError);
});
