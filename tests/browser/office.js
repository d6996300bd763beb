// The demo office as the tests meet it: one browser, one context per person, and what a page complained about.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

export const demo = JSON.parse(readFileSync(process.env.DYS_DEMO_JSON, "utf8"));
export const address = (path) => new URL(path, demo.url).href;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** No single wait of a test is longer. */
const PATIENCE_MS = 15_000;

export const open = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A window of its own. `page.complaints` gathers console errors, refusals of the CSP and uncaught exceptions. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ locale: "tr-TR", timezoneId: "Europe/Istanbul", viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => { if (message.type() === "error") page.complaints.push(`${page.url()}: ${message.text()}`); });
  page.on("pageerror", (error) => page.complaints.push(`${page.url()}: ${error.message}`));
  return page;
}

/** A window in which `login` of the demo has logged in by the page's own form. */
export async function person(browser, login, options) {
  const page = await visitor(browser, options);
  await logIn(page, login);
  return page;
}

export async function logIn(page, login) {
  const { password } = demo.users.find((user) => user.login === login);
  await page.goto(address("/giris"));
  await page.getByLabel("Kullanıcı adı").fill(login);
  await page.getByLabel("Parola").fill(password);
  await page.getByRole("button", { name: "Giriş" }).click();
  await page.waitForURL((url) => url.pathname !== "/giris");
}

/** A fresh draft; the page shows it. Returns its path. */
export async function newLetter(page) {
  await page.goto(address("/evrak/yeni"));
  await page.locator("main").getByRole("button").first().click();
  await page.locator("form#evrak").waitFor();
  return new URL(page.url()).pathname;
}

export const saved = (page) => page.locator("[data-save-state][data-state=saved]").waitFor();
// Only the editor itself: before it is mounted the plain box has the same name, and is hidden under the click.
export const editor = (page) => page.locator("[contenteditable=true]").and(page.getByRole("textbox", { name: "Yazının metni" }));

/** Fills in what a letter needs before its approval. */
export async function write(page, { subject, text, code = "105.04" }) {
  await page.getByLabel("Konu", { exact: true }).fill(subject);
  await editor(page).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
  await page.getByLabel("Dosya (desimal)").fill(code);
  await saved(page);
}

/** Adds a line to the Onay Listesi. */
export async function addStep(page, who, kind) {
  const lines = page.locator("#onay ol.steps > li");
  const before = await lines.count();
  await page.locator("#step-user").selectOption({ label: await optionWith(page, "#step-user", who) });
  await page.locator("#step-kind").selectOption({ label: kind });
  await page.getByRole("button", { name: "Listeye ekle" }).click();
  await lines.nth(before).waitFor();
}

async function optionWith(page, select, words) {
  const labels = await page.locator(`${select} option`).allTextContents();
  const found = labels.find((label) => label.includes(words));
  if (!found) throw new Error(`${select} offers no ${words}: ${labels.join(", ")}`);
  return found;
}

// The next letter that waits comes up after each act, so the flash message tells that this one was done.
const SAID = { Parafla: "Evrak paraflandı", İmzala: "Evrak imzalandı" };

/** Onaya Sun by the page's person, Parafla and İmzala by the others; the page shows the signed letter afterwards. */
export async function approve(browser, page, path) {
  await page.goto(address(path));
  await addStep(page, "Mehmet Demir", "Paraf");
  await addStep(page, "Ali Şahin", "İmza");
  await page.getByRole("button", { name: "Onaya Sun" }).click();
  for (const [login, verb] of [["mehmet", "Parafla"], ["ali", "İmzala"]]) {
    const colleague = await person(browser, login);
    await colleague.goto(address(path));
    await colleague.getByRole("button", { name: verb }).click();
    await colleague.locator(".flash").getByText(SAID[verb]).waitFor();
    await colleague.context().close();
  }
  await page.goto(address(path));
}

/** Opens the page again until its main part says so. */
export async function mainSays(page, path, words, patience = 180_000) {
  const end = performance.now() + patience;
  for (;;) {
    await page.goto(address(path));
    const text = await page.locator("main").innerText();
    if (words.test(text)) return text;
    if (performance.now() > end) throw new Error(`${path} never says ${words}: ${text}`);
    await page.waitForTimeout(1000);
  }
}

/** Chooses a way in Seçilecek Yer Türü and presses Seçiniz; the dialog is open afterwards. */
export async function choosePlace(page, label) {
  await page.getByLabel("Seçilecek Yer Türü").selectOption({ label });
  await page.getByRole("button", { name: "Seçiniz" }).click();
  await page.locator("dialog[open]").waitFor();
}

/** Searches in the open Birim Seçme Ekranı and takes the line with this text into the list. */
export async function takeUnit(page, words, text) {
  const dialog = page.locator("dialog[open]");
  await dialog.getByLabel("Adı").fill(words);
  await dialog.getByRole("button", { name: "Sorgula" }).click();
  const line = dialog.locator("[role=treeitem]").filter({ hasText: text }).locator(".line", { hasText: text }).last();
  await line.dblclick();
  await dialog.locator("[data-picker-rows] tr").first().waitFor();
}
