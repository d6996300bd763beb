// Birim Seçme Ekranı: [data-picker] holds a search form, [data-picker-tree], [data-picker-rows] (tbody) and
// buttons [data-picker-do="add|remove|clear"]. Each chosen row carries a hidden input `unit`.
const WAIT_MS = 250;
const timers = new WeakMap();
const latest = new WeakMap();

function tell(tree, words) {
  const line = Object.assign(document.createElement("p"), { textContent: words, className: "tree-message" });
  line.setAttribute("role", "status");
  tree.replaceChildren(line);
}

async function search(picker, form) {
  const tree = picker.querySelector("[data-picker-tree]");
  latest.get(picker)?.abort();
  const control = new AbortController();
  latest.set(picker, control);
  tree.setAttribute("aria-busy", "true");
  try {
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    const answer = await fetch(address, { signal: control.signal, headers: { "X-Requested-With": "fetch" } });
    if (answer.redirected) tell(tree, "Oturumunuz kapandı. Seçtikleriniz bu ekranda duruyor; başka bir sekmede giriş yapıp Sorgula düğmesine yeniden basın.");
    else if (!answer.ok) throw new Error(String(answer.status));
    else tree.innerHTML = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(tree, "Arama yapılamadı. Seçtikleriniz duruyor; bağlantıyı denetleyip Sorgula düğmesine yeniden basın.");
  }
  tree.removeAttribute("aria-busy");
}

function addRow(picker, item) {
  const rows = picker.querySelector("[data-picker-rows]");
  const { unit, label, province, district, number } = item.dataset;
  if ([...rows.querySelectorAll("input[name=unit]")].some((input) => input.value === unit)) return;
  const row = document.createElement("tr");
  row.tabIndex = 0;
  row.setAttribute("aria-selected", "false");
  [label, province, district, number].forEach((text) => (row.insertCell().textContent = text ?? ""));
  const input = Object.assign(document.createElement("input"), { type: "hidden", name: "unit", value: unit });
  row.cells[0].append(input);
  rows.append(row);
}

function choose(row) {
  row.setAttribute("aria-selected", String(row.getAttribute("aria-selected") !== "true"));
}

function told(picker) {
  const count = picker.querySelectorAll("[data-picker-rows] tr").length;
  picker.querySelectorAll("[data-picker-count]").forEach((place) => (place.textContent = count));
}

document.addEventListener("submit", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (!picker || !event.target.matches("[data-picker-search]")) return;
  event.preventDefault();
  clearTimeout(timers.get(picker));
  search(picker, event.target);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-picker-search]");
  const picker = form?.closest("[data-picker]");
  if (!picker) return;
  clearTimeout(timers.get(picker));
  timers.set(picker, setTimeout(() => search(picker, form), WAIT_MS));
});

document.addEventListener("tree:add", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (!picker) return;
  addRow(picker, event.target);
  told(picker);
});

document.addEventListener("click", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (!picker) return;
  const row = event.target.closest("[data-picker-rows] tr");
  if (row) choose(row);
  const verb = event.target.closest("[data-picker-do]")?.dataset.pickerDo;
  if (verb === "add") picker.querySelectorAll("[role=treeitem][aria-selected=true]").forEach((item) => addRow(picker, item));
  if (verb === "remove") picker.querySelectorAll("[data-picker-rows] tr[aria-selected=true]").forEach((chosen) => chosen.remove());
  if (verb === "clear") picker.querySelector("[data-picker-rows]").replaceChildren();
  if (verb) told(picker);
});

// A chosen line answers the keys as it answers the mouse.
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-picker-rows] tr") || ![" ", "Enter"].includes(event.key)) return;
  event.preventDefault();
  choose(event.target);
});
