// The letter's editor. [data-editor] wraps a textarea (what stands there without scripts) and a hidden input `body`.
//
// What it writes, and what the server validates:
//   doc          {type:"doc", content:[block+]}
//   block        paragraph | bullet_list | ordered_list | table
//   paragraph    {type, content?:[inline*]}
//   bullet_list  {type, content:[list_item+]}     ordered_list {type, attrs:{order:int}, content:[list_item+]}
//   list_item    {type, content:[paragraph, (paragraph|bullet_list|ordered_list)*]}
//   table        {type, content:[table_row+]}     table_row {type, content:[table_cell|table_header *]}
//   table_cell, table_header  {type, attrs:{colspan:int, rowspan:int, colwidth:[int]|null}, content:[paragraph|list +]}
//   inline       {type:"text", text:string, marks?:[{type:"strong"|"em"}]} | {type:"hard_break"}
import { Schema, Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { baseKeymap, chainCommands, toggleMark } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, goToNextCell, isInTable, tableEditing, tableNodes } from "prosemirror-tables";

const FLOW = "(paragraph | bullet_list | ordered_list)+";
const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { group: "block", content: "inline*", parseDOM: ["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"].map((tag) => ({ tag })), toDOM: () => ["p", 0] },
    bullet_list: { group: "block", content: "list_item+", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
    ordered_list: { group: "block", content: "list_item+", attrs: { order: { default: 1 } }, parseDOM: [{ tag: "ol", getAttrs: (dom) => ({ order: dom.start || 1 }) }], toDOM: (node) => ["ol", { start: node.attrs.order }, 0] },
    list_item: { content: "paragraph (paragraph | bullet_list | ordered_list)*", defining: true, parseDOM: [{ tag: "li" }], toDOM: () => ["li", 0] },
    text: { group: "inline" },
    hard_break: { group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
    ...tableNodes({ tableGroup: "block", cellContent: FLOW, cellAttributes: {} }),
  },
  marks: {
    strong: { parseDOM: [{ tag: "strong" }, { tag: "b", getAttrs: (dom) => !("plain" in dom.dataset) && null }, { tag: "span[data-strong]", consuming: false }], toDOM: () => ["strong", 0] },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }, { tag: "span[data-em]", consuming: false }], toDOM: () => ["em", 0] },
  },
});
const { nodes, marks } = schema;

function insertTable(state, dispatch) {
  if (isInTable(state)) return false;
  const row = () => nodes.table_row.create(null, [1, 2, 3].map(() => nodes.table_cell.createAndFill()));
  dispatch?.(state.tr.replaceSelectionWith(nodes.table.create(null, [row(), row()])).scrollIntoView());
  return true;
}
const hardBreak = (state, dispatch) => { dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView()); return true; };

const TOOLS = [
  ["Kalın", toggleMark(marks.strong), "Ctrl+B", marks.strong], ["İtalik", toggleMark(marks.em), "Ctrl+I", marks.em],
  ["Madde listesi", wrapInList(nodes.bullet_list), "Ctrl+Shift+8"], ["Sıralı liste", wrapInList(nodes.ordered_list), "Ctrl+Shift+9"],
  ["Listeden çıkar", liftListItem(nodes.list_item), "Shift+Tab"],
  ["Tablo ekle", insertTable], ["Satır ekle", addRowAfter], ["Satır sil", deleteRow], ["Sütun ekle", addColumnAfter], ["Sütun sil", deleteColumn], ["Tablo sil", deleteTable],
  ["Geri al", undo, "Ctrl+Z"], ["Yinele", redo, "Ctrl+Y"],
];
const inTable = new Set(["Satır ekle", "Satır sil", "Sütun ekle", "Sütun sil", "Tablo sil"]);

// What Word and Outlook put on the clipboard beside the text: conditional comments, styles, Office elements.
// Their list items are paragraphs that draw their own bullet; the drawn bullet goes, the item becomes one of a list.
const WORD_NOISE = [/<!--\[if !supportLists\]-->[\s\S]*?<!--\[endif\]-->/gi, /<!\[if !supportLists\]>[\s\S]*?<!\[endif\]>/gi, /<!--[\s\S]*?-->/g, /<!\[[^\]]*\]>/g, /<(style|xml|script)\b[\s\S]*?<\/\1>/gi, /<\/?[ovw]:[^>]*>/gi];
const WORD_ITEM = /<p\b[^>]*class=["']?MsoListParagraph\w*[^>]*>([\s\S]*?)<\/p>/gi;
const ordered = (html) => /<!(?:--)?\[if !supportLists\](?:--)?>(?:<[^>]*>|\s)*\d+[.)]/i.test(html);

// The page's policy allows no inline style; of one that is pasted only bold and italic are kept, as marks of their own.
function styleAsMarks(attribute) {
  const strong = /font-weight:\s*(bold|[6-9]00)/i.test(attribute) ? " data-strong" : "";
  const em = /font-style:\s*italic/i.test(attribute) ? " data-em" : "";
  const plain = /font-weight:\s*(normal|400)/i.test(attribute.replace(/mso-[^;]*/gi, "")) ? " data-plain" : "";
  return strong + em + plain;
}

function cleanWord(html) {
  const tag = ordered(html) ? "ol" : "ul";
  const lists = html.replace(WORD_ITEM, (_, inner) => `<${tag}><li>${inner}</li></${tag}>`);
  const clean = WORD_NOISE.reduce((text, noise) => text.replace(noise, ""), lists);
  return clean.replace(/\sstyle=("[^"]*"|'[^']*')/gi, styleAsMarks).replace(new RegExp(`</${tag}>\\s*<${tag}>`, "g"), "");
}

function fromPlain(text) {
  const paragraphs = text.split(/\n\s*\n/).map((part) => part.trim()).filter(Boolean);
  return nodes.doc.create(null, (paragraphs.length ? paragraphs : [""]).map((part) => nodes.paragraph.create(null, part ? schema.text(part.replace(/\s*\n\s*/g, " ")) : null)));
}

function start(place) {
  const area = place.querySelector("textarea");
  const hidden = place.querySelector("input[type=hidden]");
  let doc;
  try { doc = Node.fromJSON(schema, JSON.parse(hidden.value)); doc.check(); } catch { doc = fromPlain(area.value); }
  const frame = Object.assign(document.createElement("div"), { className: "editor" });
  const bar = Object.assign(document.createElement("div"), { className: "toolbar" });
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Metin araçları");
  frame.append(bar);
  area.before(frame);
  area.hidden = true;
  area.disabled = true;
  hidden.disabled = false;

  const markOn = (state, mark) => state.selection.empty ? mark.isInSet(state.storedMarks ?? state.selection.$from.marks()) : state.doc.rangeHasMark(state.selection.from, state.selection.to, mark);
  const buttons = TOOLS.map(([name, command, shortcut, mark]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name, title: shortcut ? `${name} (${shortcut})` : name });
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => { command(view.state, view.dispatch, view); view.focus(); });
    bar.append(button);
    return { button, name, command, mark };
  });
  const refresh = (state) => buttons.forEach(({ button, name, command, mark }) => {
    button.hidden = inTable.has(name) && !isInTable(state);
    button.disabled = !command(state);
    if (mark) button.setAttribute("aria-pressed", String(Boolean(markOn(state, mark))));
  });

  const view = new EditorView(frame, {
    state: EditorState.create({
      doc,
      plugins: [
        history(),
        keymap({ "Mod-b": TOOLS[0][1], "Mod-i": TOOLS[1][1], "Mod-z": undo, "Mod-y": redo, "Mod-Shift-z": redo, "Mod-Shift-8": wrapInList(nodes.bullet_list), "Mod-Shift-9": wrapInList(nodes.ordered_list), Enter: splitListItem(nodes.list_item), "Shift-Enter": hardBreak,
          // Outside lists and tables Tab keeps moving the focus, so the keyboard is never trapped.
          Tab: chainCommands(goToNextCell(1), sinkListItem(nodes.list_item)), "Shift-Tab": chainCommands(goToNextCell(-1), liftListItem(nodes.list_item)) }),
        keymap(baseKeymap),
        tableEditing(),
      ],
    }),
    attributes: { role: "textbox", "aria-multiline": "true", "aria-label": place.dataset.editor || "Yazı metni", spellcheck: "true", lang: "tr" },
    transformPastedHTML: cleanWord,
    dispatchTransaction(change) {
      const state = view.state.apply(change);
      view.updateState(state);
      refresh(state);
      if (!change.docChanged) return;
      hidden.value = JSON.stringify(state.doc.toJSON());
      hidden.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
  hidden.value = JSON.stringify(doc.toJSON());
  refresh(view.state);
}

document.querySelectorAll("[data-editor]").forEach(start);
