/** A guide as text: docs/guides without its pictures, so that it is there with no network (generate_guides.py). */

import type { ComponentChildren } from "preact";

export interface GuideBlock {
  readonly kind: string;
  /** Bold words stand between two stars each. */
  readonly items: readonly { readonly text: string }[];
}

export interface GuideSection {
  readonly title: string;
  readonly blocks: readonly GuideBlock[];
}

/** All of a guide but its title, which is the screen's heading. */
export function GuideView({ guide }: { guide: readonly GuideSection[] }) {
  return (
    <div class="guide">
      {guide.map((section, at) => (
        <section key={section.title}>
          {at === 0 ? null : <h2>{section.title}</h2>}
          {section.blocks.map((block) => (
            <Block key={block.items[0]?.text} block={block} />
          ))}
        </section>
      ))}
    </div>
  );
}

function Block({ block }: { block: GuideBlock }) {
  const lines = block.items.map(({ text }) => <li key={text}>{boldIn(text)}</li>);
  if (block.kind === "steps") return <ol>{lines}</ol>;
  return block.kind === "list" ? <ul>{lines}</ul> : <p>{block.items.map(({ text }) => boldIn(text))}</p>;
}

function boldIn(text: string): ComponentChildren {
  return text.split("**").map((part, at) => (at % 2 === 1 ? <strong key={part}>{part}</strong> : part));
}
