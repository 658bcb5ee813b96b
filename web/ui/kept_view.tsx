/**
 * What a device keeps, why, how long and how it is protected: the privacy page of an app, from its generated table.
 *
 * The table is `seldom_kept_{en,zh}.json` of the app's folder (generate_kept.py, APPS), held by its seldom words.
 */

/** One thing that is kept. `where` names the places with spaces between, for tests; people read the rest. */
export interface KeptHere {
  readonly where: string;
  readonly what: string;
  readonly why: string;
  readonly howLong: string;
  readonly protection: string;
}

/** The table of one app in one language, with its headings. */
export interface KeptTable {
  readonly title: string;
  readonly why: string;
  readonly howLong: string;
  readonly protection: string;
  readonly kept: readonly KeptHere[];
}

/** All of the table; its title is for the screen's heading. */
export function KeptView({ table }: { table: KeptTable }) {
  return (
    <>
      {table.kept.map((one) => (
        <section class="card stack-small" key={one.what} data-testid="kept" data-places={one.where}>
          <h2>{one.what.charAt(0).toUpperCase() + one.what.slice(1)}</h2>
          <dl class="small stack-small">
            <Told name={table.why}>{one.why}</Told>
            <Told name={table.howLong}>{one.howLong}</Told>
            <Told name={table.protection}>{one.protection}</Told>
          </dl>
        </section>
      ))}
    </>
  );
}

function Told({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt class="muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
