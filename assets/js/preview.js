// Preview while typing: details[data-preview=URL] shows a letter's pages as pictures, set anew from the form that
// data-preview-form names. Nothing is kept on the way: the answer is no-store, and closed it asks for nothing.
const WAIT_MS = 300;

function start(place) {
  const form = document.getElementById(place.dataset.previewForm);
  const state = place.querySelector("[data-preview-state]");
  const pages = place.querySelector("[data-preview-pages]");
  let timer, asking;

  function draw(pictures) {
    pictures.forEach((picture, index) => {
      const image = pages.children[index] ?? pages.appendChild(document.createElement("img"));
      image.alt = `${index + 1}. sayfa`;
      image.src = picture;
    });
    while (pages.children.length > pictures.length) pages.lastChild.remove();
    state.textContent = `${pictures.length} sayfa`;
  }

  async function show() {
    if (!place.open) return;
    asking?.abort();
    const mine = asking = new AbortController();
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    try {
      const answer = await fetch(place.dataset.preview, { method: "POST", body, headers: { Accept: "application/json" }, signal: mine.signal });
      const words = await answer.json();
      if (answer.ok) draw(words.pages); else state.textContent = words.error?.message ?? "Önizleme hazırlanamadı.";
    } catch {
      if (!mine.signal.aborted) state.textContent = "Önizleme alınamadı; yazmayı sürdürebilirsiniz.";
    }
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(show, WAIT_MS); };
  state.textContent = "Önizleme hazırlanıyor…";
  form.addEventListener("input", soon);
  place.addEventListener("toggle", soon);
  soon();
}

document.querySelectorAll("[data-preview]").forEach(start);
