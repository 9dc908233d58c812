export { EditorState, Prec } from "@codemirror/state";
export { EditorView, keymap, lineNumbers, drawSelection, placeholder, highlightActiveLine } from "@codemirror/view";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { HighlightStyle, syntaxHighlighting, bracketMatching, indentOnInput } from "@codemirror/language";
export { autocompletion, completionKeymap, acceptCompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
export { sql, PostgreSQL, SQLDialect } from "@codemirror/lang-sql";
export { tags } from "@lezer/highlight";
