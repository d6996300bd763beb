// Uploads: form[data-upload] (multipart) with one file input; each file goes on its own with a bar of its own.
function sendOne(form, input, file, list) {
  const line = document.createElement("li");
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  const words = document.createElement("p");
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
      const fine = request.status >= 200 && request.status < 400;
      let reason = request.status ? "Dosya kabul edilmedi." : "Bağlantı koptu; dosyayı yeniden seçin.";
      if (request.status === 413) reason = "Dosya izin verilen boyuttan büyük.";
      try { reason = JSON.parse(request.responseText).error.message; } catch { /* not JSON: the sentence above stands */ }
      words.textContent = `${file.name}: ${fine ? "yüklendi" : reason}`;
      words.className = fine ? "" : "error";
      done(fine);
    };
    request.send(data);
  });
}

document.querySelectorAll("form[data-upload]").forEach((form) => {
  const input = form.querySelector("input[type=file]");
  const list = form.querySelector(".uploads") ?? form.appendChild(Object.assign(document.createElement("ul"), { className: "uploads" }));
  list.setAttribute("aria-live", "polite");
  const send = async (files) => {
    let every = true;
    for (const file of files) every = (await sendOne(form, input, file, list)) && every;
    if (every) location.reload();
  };
  input.addEventListener("change", () => { const files = [...input.files]; if (files.length) send(files); });
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("over"); send([...event.dataTransfer.files]); });
});
