// Alt letters of the manual: they act in the topmost open dialog, else on the page.
import { topDialog } from "./dialogs.js";

// With scripts running the one handler below answers, so the browser's own access keys step back.
export const takeAccessKeys = (root) =>
  root.querySelectorAll("[data-alt][accesskey]").forEach((element) => element.removeAttribute("accesskey"));
takeAccessKeys(document);

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const letter = event.code.startsWith("Key") ? event.code.slice(3) : event.key.toLocaleUpperCase("tr");
  const scope = topDialog() ?? document;
  const found = [...scope.querySelectorAll("[data-alt]")].find(
    (element) =>
      (element.dataset.alt === letter || element.dataset.alt === event.key.toLocaleUpperCase("tr")) &&
      !element.disabled &&
      element.getClientRects().length > 0,
  );
  if (!found) return;
  event.preventDefault();
  found.focus();
  if (found.matches("button, a, summary, input[type=submit]")) found.click();
});
