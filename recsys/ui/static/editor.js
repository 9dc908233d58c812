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

const dialect = cm.SQLDialect.define({
  ...cm.PostgreSQL.spec,
  keywords: `${cm.PostgreSQL.spec.keywords} qualify exclude replace summarize describe pivot unpivot asof semi anti positional sample columns`,
  types: `${cm.PostgreSQL.spec.types} hugeint ubigint uinteger usmallint utinyint tinyint double struct map list`,
});



/* Relations and their columns by layer, and macros as calls. */
function languages({ tables, macros }) {
  const schema = {};
  for (const [name, columns] of Object.entries(tables)) {
    const [layer, stem] = name.split(".");
    (schema[layer] ??= {})[stem] = columns;
  }
  const calls = macros.map(({ name, call, grain }) => ({
    label: name, detail: call.slice(name.length), info: grain || undefined, type: "function",
    apply: (view, completion, from, to) => view.dispatch({ changes: { from, to, insert: `${name}()` }, selection: { anchor: from + name.length + 1 } }),
  }));
  const macro = (context) => {
    const word = context.matchBefore(/\w+/);
    return word || context.explicit ? { from: word ? word.from : context.pos, options: calls, validFor: /^\w*$/ } : null;
  };
  const columns = [...new Set(Object.values(tables).flat())].map((label) => ({ label, type: "property", boost: -1 }));
  const column = (context) => {
    const word = context.matchBefore(/[\w.]+/);
    return word && !word.text.includes(".") ? { from: word.from, options: columns, validFor: /^\w*$/ } : null;
  };
  const language = cm.sql({ dialect, schema, upperCaseKeywords: false });
  return [language, language.language.data.of({ autocomplete: macro }), language.language.data.of({ autocomplete: column })];
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
        cm.autocompletion(), cm.syntaxHighlighting(colours), look, languages(words),
        cm.keymap.of([...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.historyKeymap, ...cm.defaultKeymap]),
        cm.EditorView.contentAttributes.of({ "aria-label": "query" }),
        cm.EditorView.updateListener.of((update) => { if (update.docChanged) area.value = update.state.doc.toString(); }),
      ],
    }),
  });
  for (const button of document.querySelectorAll("[data-insert]"))
    button.addEventListener("click", () => {
      view.dispatch(view.state.replaceSelection(button.dataset.insert));
      view.focus();
    });
}

const answer = await fetch("/sql/words.json");
edit(answer.ok ? await answer.json() : { tables: {}, macros: [] });
