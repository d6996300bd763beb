// The unit tree: arrows, Home/End, letters, click chooses the line, Enter or a double click adds it ("tree:add").
const items = (tree) => [...tree.querySelectorAll("[role=treeitem]")].filter((i) => i.getClientRects().length > 0);
const level = (item) => Number(item.getAttribute("aria-level") ?? 1);
const fold = (text) => text.toLocaleLowerCase("tr");
let typed = "";
let typedAt = 0;

function focusItem(tree, item) {
  if (!item) return;
  tree.querySelectorAll("[tabindex='0']").forEach((other) => (other.tabIndex = -1));
  item.tabIndex = 0;
  item.focus();
}

function select(tree, item, keep) {
  if (item.hasAttribute("data-context")) return;
  const chosen = item.getAttribute("aria-selected") === "true";
  if (!keep) tree.querySelectorAll("[aria-selected=true]").forEach((i) => i.setAttribute("aria-selected", "false"));
  item.setAttribute("aria-selected", String(keep ? !chosen : true));
}

function add(item) {
  if (!item.hasAttribute("data-context")) item.dispatchEvent(new CustomEvent("tree:add", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const item = event.target.closest("[role=treeitem]");
  const tree = item?.closest("[role=tree]");
  if (!tree) return;
  focusItem(tree, item);
  select(tree, item, event.ctrlKey || event.metaKey);
});

document.addEventListener("dblclick", (event) => {
  const item = event.target.closest("[role=treeitem]");
  if (item) add(item);
});

document.addEventListener("keydown", (event) => {
  const item = event.target.closest?.("[role=treeitem]");
  const tree = item?.closest("[role=tree]");
  if (!tree || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = items(tree);
  const at = all.indexOf(item);
  const go = (target) => focusItem(tree, target);
  switch (event.key) {
    case "ArrowDown": go(all[at + 1]); break;
    case "ArrowUp": go(all[at - 1]); break;
    case "ArrowRight": if (all[at + 1] && level(all[at + 1]) > level(item)) go(all[at + 1]); break;
    case "ArrowLeft": go(all.slice(0, at).reverse().find((other) => level(other) < level(item))); break;
    case "Home": go(all[0]); break;
    case "End": go(all.at(-1)); break;
    case " ": select(tree, item, false); break;
    case "Enter": add(item); break;
    default: {
      if (event.key.length !== 1) return;
      typed = (event.timeStamp - typedAt < 700 ? typed : "") + fold(event.key);
      typedAt = event.timeStamp;
      const round = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      go(round.find((other) => fold(other.dataset.label ?? other.textContent).split(/[^\p{L}\d]+/u).some((word) => word.startsWith(typed))));
    }
  }
  event.preventDefault();
});
