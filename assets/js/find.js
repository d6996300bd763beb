// Type-ahead in forms: [data-find="/address"] holds [data-find-text] and [data-find-results]. A [data-find-take] line found
// becomes a row of [data-find-rows], made of template[data-find-row], or the one value of [data-find-taken].
const WAIT_MS = 200;
const timers = new WeakMap();
const latest = new WeakMap();

async function search(find) {
  const text = find.querySelector("[data-find-text]").value;
  const results = find.querySelector("[data-find-results]");
  latest.get(find)?.abort();
  const control = new AbortController();
  latest.set(find, control);
  results.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${find.dataset.find}?${new URLSearchParams({ q: text })}`, { signal: control.signal, headers: { "X-Requested-With": "fetch" } });
    if (answer.redirected) tell(results, "Oturumunuz kapandı. Yazdıklarınız duruyor; başka bir sekmede giriş yapıp yeniden arayın.");
    else if (!answer.ok) throw new Error(String(answer.status));
    else results.innerHTML = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(results, "Arama yapılamadı. Yazdıklarınız duruyor; bağlantıyı denetleyip yeniden arayın.");
  }
  results.removeAttribute("aria-busy");
}

function tell(results, words) {
  const line = Object.assign(document.createElement("p"), { textContent: words, className: "muted" });
  line.setAttribute("role", "status");
  results.replaceChildren(line);
}

function soon(find) {
  clearTimeout(timers.get(find));
  timers.set(find, setTimeout(() => search(find), WAIT_MS));
}

function take(find, { findTake: value, label }) {
  const rows = find.querySelector("[data-find-rows]");
  const text = find.querySelector("[data-find-text]");
  if (rows) {
    if (![...rows.querySelectorAll("input[name=to]")].some((input) => input.value === value)) {
      const row = find.querySelector("template[data-find-row]").content.cloneNode(true);
      row.querySelector("input").value = value;
      row.querySelector("[data-find-name]").textContent = label;
      row.querySelector("select").setAttribute("aria-label", `Gereği / Bilgi: ${label}`);
      rows.append(row);
    }
    find.querySelector("[data-find-chosen]").hidden = false;
    text.value = "";
  } else {
    text.value = label;
    hold(find, value, label);
  }
  find.querySelector("[data-find-results]").replaceChildren();
  text.focus();
}

function hold(find, value, label) {
  const taken = find.querySelector("[data-find-taken]");
  const [unit, shown] = taken.querySelectorAll("input[type=hidden]");
  unit.value = value;
  shown.value = label;
  taken.querySelector("[data-find-label]").textContent = label;
  taken.hidden = value === "";
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-find-text]")) return;
  const find = event.target.closest("[data-find]");
  // Another name is another sender, until it is chosen again.
  if (find.querySelector("[data-find-taken]")) hold(find, "", "");
  // What stands below answers older words; Enter must not take it.
  find.querySelector("[data-find-results]").setAttribute("aria-busy", "true");
  soon(find);
});

document.addEventListener("click", (event) => {
  const find = event.target.closest("[data-find]");
  if (!find) return;
  const found = event.target.closest("[data-find-take]");
  if (found) take(find, found.dataset);
  else if (event.target.closest("[data-find-button]")) search(find);
  else if (event.target.closest("[data-find-drop]")) hold(find, "", "");
  else if (event.target.closest("[data-find-remove]")) {
    event.target.closest("tr").remove();
    find.querySelector("[data-find-chosen]").hidden = !find.querySelector("[data-find-rows] tr");
  } else return;
  event.preventDefault();
});

// From the box down into the lines and back; Enter in the box takes the first line.
document.addEventListener("keydown", (event) => {
  const find = event.target.closest?.("[data-find]");
  if (!find) return;
  const text = find.querySelector("[data-find-text]");
  const lines = [...find.querySelectorAll("[data-find-take]")];
  const at = lines.indexOf(event.target);
  if (event.target === text && event.key === "Enter") {
    event.preventDefault();
    const answered = !find.querySelector("[data-find-results][aria-busy]");
    if (answered && text.value.trim() && lines[0]) take(find, lines[0].dataset);
    else search(find);
  } else if (event.key === "ArrowDown" && (event.target === text || at >= 0)) {
    event.preventDefault();
    lines[at + 1]?.focus();
  } else if (event.key === "ArrowUp" && at >= 0) {
    event.preventDefault();
    (lines[at - 1] ?? text).focus();
  }
});
