// [data-choose-all=FORM] checks or clears every box of that form on the page.
document.addEventListener("change", (event) => {
  const form = event.target.dataset?.chooseAll;
  if (!form) return;
  for (const box of document.querySelectorAll(`input[type=checkbox][form="${CSS.escape(form)}"]`)) box.checked = event.target.checked;
});
