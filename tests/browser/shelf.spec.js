// One desk, two people: what one typed and could not save is never saved under the next one's name.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { address, editor, logIn, newLetter, open, person, saved, write } from "./office.js";

const TEXT = "Bu cümleyi yalnızca Ayşe yazdı.";
let browser, page, path;
before(async () => { browser = await open(); page = await person(browser, "ayse"); });
after(() => browser?.close());

const leave = async () => {
  await page.getByRole("button", { name: "Güvenli Çıkış" }).click();
  await page.waitForURL((url) => url.pathname === "/giris");
};

test("what cannot be saved does not hold Güvenli Çıkış up", async () => {
  path = await newLetter(page);
  await write(page, { subject: "Ortak masa", text: "İlk hâli." });
  await page.route("**/kaydet", (route) => route.abort());
  await editor(page).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(` ${TEXT}`);
  await page.locator("[data-save-state][data-state=failed]").waitFor();
  await leave();
  await page.unroute("**/kaydet");
});

test("the next person at this browser meets the letter as it was saved", async () => {
  await logIn(page, "mehmet");
  await page.goto(address(path));
  await page.locator("form#evrak[data-autosave]").waitFor();
  assert.doesNotMatch(await page.locator("main").innerText(), /yalnızca Ayşe/);
  await leave();
});

test("the first one finds her words again, and they are saved as hers", async () => {
  await logIn(page, "ayse");
  await page.goto(address(path));
  await saved(page);
  assert.match(await editor(page).innerText(), new RegExp(TEXT));
  await page.goto(address(`${path}/gecmis`));
  assert.match(await page.locator("main").innerText(), /Ayşe Yılmaz/);
  await page.reload();
  await page.goto(address(path));
  assert.match(await editor(page).innerText(), new RegExp(TEXT));
});
