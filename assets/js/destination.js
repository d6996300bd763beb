// Seçilecek Yer Türü: form[data-destination] opens the dialog of the chosen type; a picker in it searches that type's units.
import { openDialog } from "./dialogs.js";

/** Tells every form of the dialog which type is meant, and shows its hint. */
function tell(dialog, type) {
  dialog.querySelectorAll("input[name=type]").forEach((input) => (input.value = type));
  dialog.querySelectorAll("[data-hint-for]").forEach((hint) => (hint.hidden = hint.dataset.hintFor !== type));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-destination]");
  const option = form?.querySelector("select").selectedOptions[0];
  const dialog = option && document.getElementById(option.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  if (dialog.querySelector("input[name=type]")?.value !== option.value) {
    dialog.querySelectorAll("[data-picker-tree], [data-picker-rows]").forEach((place) => place.replaceChildren());
    tell(dialog, option.value);
  }
  openDialog(dialog);
});

// One key to the right side of the house; what was typed is looked for there.
document.addEventListener("click", (event) => {
  const type = event.target.closest("[data-destination-switch]")?.dataset.destinationSwitch;
  const dialog = type && event.target.closest("dialog");
  if (!dialog) return;
  const select = document.querySelector("[data-destination] select");
  if (select) select.value = type;
  dialog.querySelector("[data-picker-rows]")?.replaceChildren();
  tell(dialog, type);
  dialog.querySelector("[data-picker-search]")?.requestSubmit();
});
