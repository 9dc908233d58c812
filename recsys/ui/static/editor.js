/* Editor in place of the SQL page's text area, which remains without scripts. It is in a shadow root, so that its
   styles need no exception from the page's Content-Security-Policy. */
import * as cm from "./editor/codemirror.js";

const form = document.getElementById("sql");
const area = form.querySelector("textarea");
const t = cm.tags;

const colours = cm.HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword, t.modifier], color: "var(--genre)" },
  { tag: [t.string, t.special(t.string)], color: "var(--good)" },
  { tag: [t.number, t.bool, t.null], color: "var(--artist)" },
  { tag: [t.comment, t.lineComment, t.blockComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [t.typeName, t.standard(t.name)], color: "var(--accent)" },
]);

const look = cm.EditorView.theme({
  "&": { fontSize: ".92rem", color: "var(--ink)", backgroundColor: "var(--ground)", border: "1px solid var(--line)", borderRadius: ".5rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", maxHeight: "26rem" },
  ".cm-content, .cm-gutter": { minHeight: "9rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--panel)", borderRight: "1px solid var(--line)", borderRadius: ".5rem 0 0 .5rem" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--accent-soft)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--ground)", border: "1px solid var(--line)", borderRadius: ".4rem", overflow: "hidden" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--on-accent)", backgroundColor: "var(--accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: ".75", fontStyle: "normal", marginLeft: "1em" },
});

/* Words that a reader types: PostgreSQL knows hundreds more, such as `leakproof`. */
const KEYWORDS = new Set(`select from where group by order having limit offset join left right inner cross full outer on using
  with as and or not in is null like ilike between case when then else end union all except intersect distinct desc asc
  nulls first last over partition window filter exists cast values true false qualify exclude replace summarize describe
  pivot unpivot asof semi anti positional sample columns`.split(/\s+/));

const dialect = cm.SQLDialect.define({
  ...cm.PostgreSQL.spec,
  keywords: `${cm.PostgreSQL.spec.keywords} qualify exclude replace summarize describe pivot unpivot asof semi anti positional sample columns`,
  types: `${cm.PostgreSQL.spec.types} hugeint ubigint uinteger usmallint utinyint tinyint double struct map list`,
});



/* Relations named in a query, by what it calls them: `from marts.leaderboard as l` has leaderboard and l. */
const NAMED = /\b(\w+\.\w+)(?:\s+(?:as\s+)?(?!(?:where|join|on|using|group|order|limit|left|inner|cross|select|union)\b)([a-z_]\w*))?/gi;
function named(text, tables) {
  const found = {};
  for (const [, relation, alias] of text.matchAll(NAMED))
    if (tables[relation]) {
      found[relation.split(".")[1]] = relation;
      if (alias) found[alias] = relation;
    }
  return found;
}

/* Complete relations of a layer after its dot, columns of a relation after its name, and else words of SQL. */
function completions({ tables, macros }) {
  const layers = {};
  for (const name of Object.keys(tables)) (layers[name.split(".")[0]] ??= []).push(name.split(".")[1]);
  const of = (type, boost = 0) => (label) => ({ label, type, boost });
  const calls = macros.map(({ name, call, grain }) => ({
    label: name, detail: call.slice(name.length), info: grain || undefined, type: "function", boost: 2,
    apply: (view, completion, from, to) => view.dispatch({ changes: { from, to, insert: `${name}()` }, selection: { anchor: from + name.length + 1 } }),
  }));
  const words = dialect.spec.keywords.split(/\s+/).filter((word) => KEYWORDS.has(word)).map(of("keyword"));
  return (context) => {
    const word = context.matchBefore(/[\w.]*/);
    const relations = named(context.state.doc.toString(), tables);
    const dot = word.text.lastIndexOf(".");
    const from = word.from + dot + 1;
    const before = word.text.slice(0, Math.max(dot, 0));
    const columns = (relation) => tables[relation] ?? [];
    if (dot >= 0) {
      const options = layers[before]?.map(of("type")) ?? columns(relations[before] ?? before).map(of("property"));
      return options.length ? { from, options, validFor: /^\w*$/ } : null;
    }
    if (!word.text && !context.explicit) return null;
    const near = [...new Set(Object.values(relations).flatMap(columns))].map(of("property", 3));
    const options = [...near, ...calls, ...Object.keys(layers).map(of("namespace", 1)), ...words];
    return { from, options, validFor: /^\w*$/ };
  };
}

const run = () => { form.requestSubmit(); return true; };

function edit(words) {
  const host = document.createElement("div");
  host.className = "editor";
  area.before(host);
  area.hidden = true;
  const root = host.attachShadow({ mode: "open" });
  const view = new cm.EditorView({
    root,
    parent: root,
    state: cm.EditorState.create({
      doc: area.value,
      extensions: [
        cm.Prec.highest(cm.keymap.of([{ key: "Mod-Enter", run }])),
        cm.lineNumbers(), cm.EditorView.lineWrapping, cm.history(), cm.drawSelection(), cm.indentOnInput(), cm.bracketMatching(), cm.closeBrackets(),
        cm.autocompletion({ override: [completions(words)] }), cm.syntaxHighlighting(colours), look, cm.sql({ dialect, upperCaseKeywords: false }),
        cm.keymap.of([...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
        cm.EditorView.contentAttributes.of({ "aria-label": "query" }),
        cm.EditorView.updateListener.of((update) => { if (update.docChanged) area.value = update.state.doc.toString(); }),
      ],
    }),
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    view.dispatch(view.state.replaceSelection(button.dataset.insert));
    view.focus();
  });
}

const answer = await fetch("/sql/words.json");
edit(answer.ok ? await answer.json() : { tables: {}, macros: [] });
