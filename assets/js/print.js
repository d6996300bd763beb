// [data-print] opens the printer's dialog; without scripts the browser's own command does the same.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-print]")) window.print();
});
