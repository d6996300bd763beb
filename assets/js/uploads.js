// Uploads: form[data-upload] (multipart) with one file input; each file goes on its own with a bar of its own.
import { flush, hold } from "./autosave.js";

/** What the answer means to a person: `{fine, words, version}`. */
function told(request, form) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* not JSON: one of the sentences below */ }
  if (answer.added) return { fine: true, words: "yüklendi", version: answer.version };
  if (answer.error) return { words: answer.error.message };
  if (!request.status) return { words: "Bağlantı koptu; dosyayı yeniden seçin." };
  if (request.status === 413) return { words: "Dosya izin verilen boyuttan büyük." };
  if (request.responseURL !== form.action) return { words: "Oturumunuz kapandı. Giriş yapıp dosyayı yeniden seçin." };
  return { words: "Dosya kabul edilmedi." };
}

function sendOne(form, input, file, list) {
  const line = document.createElement("li");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  const words = document.createElement("p");
  bar.setAttribute("aria-label", `${file.name} yükleniyor`);
  words.textContent = `${file.name}: yükleniyor`;
  line.append(words, bar);
  list.append(line);
  return new Promise((done) => {
    const data = new FormData(form);
    data.delete(input.name);
    data.append(input.name, file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    request.onloadend = () => {
      bar.remove();
      const outcome = told(request, form);
      words.textContent = `${file.name}: ${outcome.words}`;
      words.className = outcome.fine ? "" : "error";
      done(outcome);
    };
    request.send(data);
  });
}

/** The text is saved first, because an upload raises the letter's version. */
async function sendAll(form, input, files, list) {
  if (!(await flush())) {
    list.append(Object.assign(document.createElement("li"), { className: "error", textContent: "Yazdıklarınız kaydedilemediği için dosya gönderilmedi. Kayıt uyarısını okuyun, sonra dosyayı yeniden seçin." }));
    return;
  }
  const release = hold();
  let every = true, version;
  for (const file of files) {
    const outcome = await sendOne(form, input, file, list);
    every &&= Boolean(outcome.fine);
    version = outcome.version ?? version;
  }
  release(version);
  if (every && (await flush())) location.reload();
}

document.querySelectorAll("form[data-upload]").forEach((form) => {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector(".uploads") ?? form.appendChild(Object.assign(document.createElement("ul"), { className: "uploads" }));
  list.setAttribute("aria-live", "polite");
  const send = (files) => { if (files.length) sendAll(form, input, files, list); };
  input.addEventListener("change", () => { const files = [...input.files]; input.value = ""; send(files); });
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("over"); send([...event.dataTransfer.files]); });
});
