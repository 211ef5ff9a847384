/**
 * The little highlighting that prompts need: XML tags, Markdown headings and {{variables}}. By line and by pattern, so
 * that half-written text is coloured like whole text.
 */
import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

const MARKS = {
  heading: Decoration.mark({ class: "u-heading" }),
  tag: Decoration.mark({ class: "u-tag" }),
  variable: Decoration.mark({ class: "u-variable" }),
};
type Kind = keyof typeof MARKS;

export interface Token {
  from: number;
  to: number;
  kind: Kind;
}

/** Longer lines are left plain: colour is not worth a slow editor. */
const LONGEST_LINE = 4000;
const TOKENS = /(\{\{[^{}\n]{1,200}\}\})|(<\/?[A-Za-z][\w.-]*(?:\s[^<>\n]*)?\/?>)/g;
const HEADING = /^#{1,6}\s/;

/** What to colour in a line, in order. */
export function tokens(line: string): Token[] {
  if (line.length > LONGEST_LINE) return [];
  const found: Token[] = HEADING.test(line) ? [{ from: 0, to: line.length, kind: "heading" }] : [];
  for (const match of line.matchAll(TOKENS)) {
    const kind: Kind = match[1] === undefined ? "tag" : "variable";
    found.push({ from: match.index, to: match.index + match[0].length, kind });
  }
  return found;
}

function decorate(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      for (const token of tokens(line.text))
        builder.add(line.from + token.from, line.from + token.to, MARKS[token.kind]);
      at = line.to + 1;
    }
  }
  return builder.finish();
}

export const promptHighlight = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
