/**
 * The one door through which a value gets a type that the compiler cannot see for itself.
 *
 * Everywhere else a cast (`as`) is an error of the house (tests/web/test_web_tidy.py). Whoever calls this has checked
 * the value at run time, by a table of fields or by a length, and says so beside the call.
 */

/** The same value, under the type that the caller's check has proved. */
export function typed<T>(checked: unknown): T {
  return checked as T;
}
