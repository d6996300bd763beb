// form[data-busy="words"]: what takes seconds says so and is not sent twice; the server answers as it does without.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.busy || event.defaultPrevented) return;
  if (form.hasAttribute("data-under-way")) { event.preventDefault(); return; }
  form.setAttribute("data-under-way", "");
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  words.className = "muted";
  form.append(words);
  // An empty status that fills is read out; one that arrives full is not.
  requestAnimationFrame(() => { words.textContent = form.dataset.busy; });
});

// Back from the answer by the browser's own button: the form may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-under-way]")) {
    form.removeAttribute("data-under-way");
    form.querySelector(":scope > [role=status]:last-child")?.remove();
  }
});
