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
    mine.textContent = fields().filter(([name]) => name !== "version").map(([name, value]) => `${name}: ${value}`).join("\n");
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
  try { if (localStorage.getItem(key)) tell("failed", "Bu tarayıcıda kaydedilmemiş yazınız var; yazmayı sürdürünce kaydedilir."); } catch { /* no storage */ }
});
