// Dialogs: `data-dialog-open="id"` opens, `data-dialog-close` closes; focus goes in and returns, nesting is a stack.
const stack = [];

export const topDialog = () => stack.at(-1);

export function openDialog(dialog) {
  if (dialog.open) return;
  const opener = document.activeElement;
  dialog.showModal();
  stack.push(dialog);
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("input:not([type=hidden]), select, button"))?.focus();
  dialog.addEventListener(
    "close",
    () => {
      stack.splice(stack.indexOf(dialog), 1);
      opener?.focus?.();
    },
    { once: true },
  );
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  const dialog = opener && document.getElementById(opener.dataset.dialogOpen);
  if (dialog) {
    event.preventDefault();
    openDialog(dialog);
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
});
