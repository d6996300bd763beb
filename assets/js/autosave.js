// Autosave: form[data-autosave=URL] with hidden `version`; answers are JSON {"version": n}.
// 409 means somebody else saved meanwhile: nothing is overwritten, both texts are shown.
// Until a save succeeds the input also rests in this browser, so a lost connection loses nothing.
const WAIT_MS = 1200;

document.querySelectorAll("form[data-autosave]").forEach((form) => {
  const place = form.querySelector("[data-save-state]");
  const key = `dys:unsaved:${form.dataset.autosave}`;
  let timer, saving = false, again = false, stopped = false;

  const tell = (state, words) => { if (place) { place.dataset.state = state; place.textContent = words; } };
  const fields = () => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "_token");
  const keep = () => { try { localStorage.setItem(key, JSON.stringify(fields())); } catch { /* private window: the server copy remains */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* as above */ } };

  function showConflict(theirs) {
    stopped = true;
    tell("conflict", "Bu yazıyı sizden sonra bir başkası kaydetti. Yazdığınız kaydedilmedi ama bu tarayıcıda duruyor.");
    const box = document.createElement("section");
    box.className = "notice act";
    box.setAttribute("role", "alert");
    box.innerHTML = '<h3>İki ayrı sürüm var</h3><p>Sizin yazdığınızdan gerekli yerleri kopyalayın, sonra sayfayı yenileyip yeni sürüme ekleyin.</p><div class="conflict"><div><h3>Kayıtlı olan</h3><pre></pre></div><div><h3>Sizin yazdığınız</h3><pre></pre></div></div>';
    const [saved, mine] = box.querySelectorAll("pre");
    saved.textContent = theirs;
    mine.textContent = readable(fields());
    form.before(box);
  }

  async function save() {
    if (stopped) return;
    if (saving) { again = true; return; }
    saving = true;
    again = false;
    tell("saving", "Kaydediliyor…");
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === "string")), headers: { Accept: "application/json" } });
      if (answer.status === 409) { showConflict((await answer.json().catch(() => ({}))).current ?? "Sayfayı yenileyince görünür."); return; }
      if (!answer.ok || answer.redirected) throw new Error();
      form.elements.version.value = (await answer.json()).version;
      if (!again) forget();
      tell("saved", `Kaydedildi ${new Date().toLocaleTimeString("tr", { hour: "2-digit", minute: "2-digit" }).replace(":", ".")}`);
    } catch {
      tell("failed", navigator.onLine ? "Kaydedilemedi; yazdıklarınız bu tarayıcıda duruyor, yeniden denenecek." : "Bağlantı yok; yazdıklarınız bu tarayıcıda duruyor, bağlantı gelince kaydedilecek.");
      timer = setTimeout(save, 10_000);
    } finally {
      saving = false;
      if (again && !stopped) save();
    }
  }

  const changed = () => { keep(); clearTimeout(timer); timer = setTimeout(save, WAIT_MS); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", () => { stopped = true; clearTimeout(timer); });
  addEventListener("online", () => { if (place?.dataset.state === "failed") save(); });
  bringBack(form, key, fields, changed);
});

function stored(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } }
function words(pairs) { return JSON.stringify(pairs.filter(([name]) => name !== "version")); }
function fits(form, pairs) { return String(pairs.find(([name]) => name === "version")?.[1]) === form.elements.version?.value; }

// Every field as "name: value"; the editor's document as its text, one paragraph a line.
function readable(pairs) {
  const text = (node) => node.text ?? (node.content ?? []).map(text).join(node.type === "paragraph" ? "" : "\n");
  const plain = (value) => { try { const doc = JSON.parse(value); return doc.type === "doc" ? text(doc) : value; } catch { return value; } };
  return pairs.filter(([name]) => name !== "version").map(([name, value]) => `${name}: ${plain(value)}`).join("\n");
}

// What an earlier visit could not save. Typed on the version shown now, it goes back into its fields (before the
// editor reads its own); typed on an older one, it is shown for copying and never overwritten by new typing.
function bringBack(form, key, fields, changed) {
  const kept = stored(key);
  if (Array.isArray(kept) && words(kept) !== words(fields())) {
    if (fits(form, kept)) { fill(form, kept); changed(); } else localStorage.setItem(`${key}:older`, JSON.stringify(kept));
  }
  const older = stored(`${key}:older`);
  if (Array.isArray(older)) showOlder(form, older, () => localStorage.removeItem(`${key}:older`));
}

function fill(form, pairs) {
  const names = new Set([...pairs.map(([name]) => name), ...[...form.elements].map((field) => field.name)]);
  names.delete("version");
  for (const name of names) {
    const values = pairs.filter(([other]) => other === name).map(([, value]) => value);
    const same = [...form.elements].filter((field) => field.name === name && name !== "_token" && name !== "");
    same.forEach((field, at) => {
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.type !== "file" && values[at] !== undefined) field.value = values[at];
    });
  }
}

function showOlder(form, pairs, forget) {
  const box = document.createElement("section");
  box.className = "notice act";
  box.setAttribute("role", "status");
  box.innerHTML = '<h3>Kaydedilememiş yazınız duruyor</h3><p>Evrak siz yazdıktan sonra değişti. Gerekli yerleri kopyalayıp aşağıdaki alanlara ekleyin.</p><pre></pre><button type="button">Bu metni kaldır</button>';
  box.querySelector("pre").textContent = readable(pairs);
  box.querySelector("button").addEventListener("click", () => { forget(); box.remove(); });
  form.before(box);
}
