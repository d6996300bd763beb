// Autosave: form[data-autosave=URL][data-owner=ID] with hidden `version`; answers are JSON {"version": n}.
// Until a save succeeds the input also rests in this browser and comes back when the page is opened again.
// 409 means somebody else saved meanwhile: nothing is overwritten, both texts are shown.
import { readable, showBoth } from "./two-texts.js";

const WAIT_MS = 1200;
const RETRY_MS = 10_000;
const LOGGED_OUT = "Oturumunuz kapandı; yazdıklarınız bu tarayıcıda duruyor. Giriş yapıp sayfayı yenileyince yerine konur.";
const savers = new Set();

/** Saves what is pending; false when something stays unsaved. Others wait for it before they change the letter. */
export const flush = async () => (await Promise.all([...savers].map((saver) => saver.flush()))).every(Boolean);

/** Keeps autosave still while another request changes the letter; call the answer with the new version (or nothing). */
export function hold() {
  savers.forEach((saver) => saver.hold(true));
  return (version) => savers.forEach((saver) => { if (version !== undefined) setVersion(version); saver.hold(false); });
}

/** Every form of the page speaks of the same letter, so all carry the version that was saved last. */
function setVersion(version) {
  document.querySelectorAll("input[name=version]").forEach((input) => (input.value = version));
}

const typedFields = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "_token");

/** The copy in this browser: `{version, fields}`, or null. A private window has none; the server's copy remains. */
function shelf(key) {
  return {
    read: () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write: (copy) => { try { localStorage.setItem(key, JSON.stringify(copy)); } catch { /* as said above */ } },
    clear: () => { try { localStorage.removeItem(key); } catch { /* as said above */ } },
  };
}

/** Puts kept values back; the editor starts after this and reads its hidden input. */
function putBack(form, fields) {
  const kept = new Map(fields);
  for (const element of form.elements) {
    if (!element.name || ["_token", "version"].includes(element.name)) continue;
    if (element.type === "checkbox") element.checked = kept.has(element.name);
    else if (kept.has(element.name)) element.value = kept.get(element.name);
  }
}

function tellFields(form, fields) {
  form.querySelectorAll(".error[data-live]").forEach((line) => line.remove());
  form.querySelectorAll("[aria-invalid][data-live-invalid]").forEach((input) => { input.removeAttribute("aria-invalid"); delete input.dataset.liveInvalid; });
  for (const [name, text] of Object.entries(fields ?? {})) {
    const input = form.elements[name];
    if (!input?.after) continue;
    const line = Object.assign(document.createElement("p"), { className: "error", textContent: text, id: `${name}-hata` });
    line.dataset.live = "";
    document.getElementById(line.id)?.remove();
    input.setAttribute("aria-invalid", "true");
    input.dataset.liveInvalid = "";
    input.after(line);
  }
}

function start(form) {
  const place = form.querySelector("[data-save-state]");
  // Two people share a desk: the shelf is its owner's, and nobody saves the other's words as his own.
  const owned = `${form.dataset.owner}:${form.dataset.autosave}`;
  const kept = shelf(`dys:unsaved:${owned}`);
  const older = shelf(`dys:older:${owned}`);
  let timer, running = null, dirty = false, conflict = false, held = false;

  const tell = (state, words) => { if (place) { place.dataset.state = state; place.textContent = words; } };
  const keep = () => kept.write({ version: form.elements.version.value, fields: typedFields(form) });

  function stale(answer) {
    // The server has stored this attempt too and shows it on the page; the copy here has done its work.
    conflict = true;
    kept.clear();
    tell("conflict", "Bu yazıyı sizden sonra bir başkası kaydetti; yazdığınız onun üzerine yazılmadı, ayrıca saklandı.");
    showBoth(form, answer.current ?? "Sayfayı yenileyince görünür.", readable(typedFields(form)));
  }

  function refused(answer) {
    tellFields(form, answer.error?.fields);
    tell("failed", answer.error?.message ?? "Kaydedilemedi. Sayfayı yenileyin; yazdıklarınız bu tarayıcıda duruyor.");
  }

  async function attempt() {
    dirty = false;
    tell("saving", "Kaydediliyor…");
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    let answer;
    try {
      answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.status >= 500) throw new Error(String(answer.status));
    } catch {
      dirty = true;
      timer = setTimeout(save, RETRY_MS);
      tell("failed", navigator.onLine ? "Kaydedilemedi; yazdıklarınız bu tarayıcıda duruyor, yeniden denenecek." : "Bağlantı yok; yazdıklarınız bu tarayıcıda duruyor, bağlantı gelince kaydedilecek.");
      return;
    }
    const words = await answer.json().catch(() => ({}));
    if (answer.status === 409) { stale(words); return; }
    if (answer.ok && words.version !== undefined) {
      setVersion(words.version);
      // The other fields were saved; a half-typed one waits for the next key.
      if (words.error) { keep(); refused(words); return; }
      tellFields(form, {});
      if (dirty) keep(); else kept.clear();
      tell("saved", `Kaydedildi ${new Date().toLocaleTimeString("tr", { hour: "2-digit", minute: "2-digit" }).replace(":", ".")}`);
      return;
    }
    // A refusal comes back the same however often it is asked: it waits for the next change.
    dirty = true;
    if (answer.redirected || answer.status === 401) tell("failed", LOGGED_OUT); else refused(words);
  }

  function save() {
    clearTimeout(timer);
    if (conflict || held) return Promise.resolve();
    running ??= attempt().finally(() => { running = null; });
    return running;
  }

  /** One more round takes what was typed while the last answer was on its way. */
  async function settle() {
    if (running) await running;
    if (dirty) await save();
    return !dirty && !conflict;
  }

  const changed = () => {
    dirty = true;
    keep();
    clearTimeout(timer);
    if (!held) timer = setTimeout(settle, WAIT_MS);
  };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dirty = true;
    settle();
  });
  addEventListener("online", settle);
  document.addEventListener("visibilitychange", () => { if (document.hidden && dirty) settle(); });

  bringBack();
  function bringBack() {
    const copy = kept.read();
    const shown = readable([...typedFields(form), ...sleepingBody(form)]);
    if (copy?.fields && readable(copy.fields) === shown) kept.clear();
    else if (copy?.fields && copy.version === form.elements.version.value) {
      putBack(form, copy.fields);
      tell("failed", "Bu tarayıcıda duran, kaydedilmemiş yazınız yerine kondu; kaydediliyor.");
      dirty = true;
      timer = setTimeout(settle, WAIT_MS);
    } else if (copy?.fields) {
      // On a shelf of its own, because new typing takes the first one.
      older.write(copy);
      kept.clear();
    }
    const old = older.read();
    if (old?.fields) showBoth(form, shown, readable(old.fields), () => older.clear());
  }

  return {
    flush: settle,
    hold(still) {
      held = still;
      if (still) clearTimeout(timer); else if (dirty) timer = setTimeout(settle, WAIT_MS);
    },
    dirty: () => dirty || running !== null,
  };
}

/** Before the editor has started its input is disabled and FormData leaves it out. */
const sleepingBody = (form) => [...form.querySelectorAll("input[name=body][disabled]")].map((input) => ["body", input.value]);

document.querySelectorAll("form[data-autosave]").forEach((form) => savers.add(start(form)));
const pending = () => [...savers].some((saver) => saver.dirty());

// Whatever else changes this letter waits for the text: it would raise the version under it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[data-autosave], [method=dialog]") || !pending()) return;
  event.preventDefault();
  const saved = await flush();
  // Whoever leaves may leave: what could not be saved stays on the owner's shelf.
  if (form.getAttribute("action") === "/cikis") form.submit();
  else if (saved) form.requestSubmit(event.submitter);
  else document.querySelector("[data-save-state]")?.scrollIntoView({ block: "center" });
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !pending()) return;
  if (link.target || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  await flush();
  location.href = link.href;
});
