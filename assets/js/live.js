// Things that move: refreshed fragments, the countdown of a held letter, relative times.
const relative = new Intl.RelativeTimeFormat("tr", { numeric: "auto" });
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

document.addEventListener("mouseover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (!time) return;
  const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS[3];
  if (!Number.isNaN(seconds)) time.title = relative.format(Math.round(seconds / size), unit);
});

// [data-refresh-url] is replaced by what the address answers, every data-refresh-seconds (5), while the page is seen
// and nothing inside it has the focus.
document.querySelectorAll("[data-refresh-url]").forEach((place) => {
  setInterval(async () => {
    if (document.hidden || place.contains(document.activeElement)) return;
    const answer = await fetch(place.dataset.refreshUrl).catch(() => null);
    if (answer?.ok && !answer.redirected) place.innerHTML = await answer.text();
  }, Number(place.dataset.refreshSeconds ?? 5) * 1000);
});

// [data-countdown="ISO time"] tells the remaining time; a screen reader hears every tenth second.
const inWords = (left) => (left >= 120 ? `${Math.ceil(left / 60)} dakika` : `${left} saniye`);
function countDown() {
  document.querySelectorAll("[data-countdown]").forEach((place) => {
    const left = Math.max(0, Math.ceil((Date.parse(place.dataset.countdown) - Date.now()) / 1000));
    place.setAttribute("aria-live", left % 10 === 0 ? "polite" : "off");
    place.textContent = left > 0 ? inWords(left) : "süre doldu";
  });
}
countDown();
setInterval(countDown, 1000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const words = button.textContent;
  button.textContent = await navigator.clipboard.writeText(button.dataset.copy).then(() => "Kopyalandı", () => "Kopyalanamadı");
  setTimeout(() => (button.textContent = words), 2000);
});
