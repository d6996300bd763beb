// Two versions of one letter side by side, in words that a person can copy from.
const NAMES = { subject: "Konu", kind: "Evrak türü", urgency: "İvedilik", due_date: "Miat", confidentiality: "Gizlilik derecesi", language: "Dil", closing: "Bitiş", personal: "Kişiye Özel", note: "Açıklama", plan_code: "Dosya", secondary_code: "İkinci dosya kodu" };
const BLOCKS = new Set(["paragraph", "table_row"]);

const plain = (node) => (node.text ?? (node.type === "hard_break" ? "\n" : (node.content ?? []).map(plain).join(""))) + (BLOCKS.has(node.type) ? "\n" : "");

function plainBody(json) {
  try { return plain(JSON.parse(json)).trim(); } catch { return json.trim(); }
}

/** Fields as lines, the text last. */
export function readable(fields) {
  const of = new Map(fields);
  const lines = Object.entries(NAMES).filter(([name]) => of.get(name)).map(([name, label]) => `${label}: ${of.get(name)}`);
  return [...lines, "", plainBody(of.get("body") ?? of.get("text") ?? "")].join("\n").trim();
}

/** Shows both texts before `form`; `drop` forgets the reader's own. */
export function showBoth(form, saved, own, drop) {
  document.querySelector("[data-two-texts]")?.remove();
  const box = document.createElement("section");
  box.className = "notice act";
  box.dataset.twoTexts = "";
  box.setAttribute("role", "alert");
  box.innerHTML = '<h2>İki ayrı metin var</h2><p>Sizin yazdığınızdan gerekli yerleri kopyalayıp sayfayı yenileyin ve kayıtlı metne ekleyin.</p><div class="conflict"><div><h3>Kayıtlı olan</h3><pre tabindex="0"></pre></div><div><h3>Sizin yazdığınız</h3><pre tabindex="0"></pre></div></div><div class="actions"><a class="button" data-renew>Sayfayı yenile</a></div>';
  const [left, right] = box.querySelectorAll("pre");
  left.textContent = saved;
  right.textContent = own;
  box.querySelector("[data-renew]").href = location.pathname;
  if (drop) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Yazdığıma gerek kalmadı" });
    button.addEventListener("click", () => { drop(); box.remove(); });
    box.querySelector(".actions").append(button);
  }
  form.before(box);
}
