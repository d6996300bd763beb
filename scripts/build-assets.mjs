// Bundles styles and scripts into assets/dist and refuses to grow past the agreed page weight.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";

const OUT = "assets/dist";
// Raw bytes. app.css and app.js are on every page, which as a whole stays under 100 kB.
const LIMITS = { "app.css": 25_000, "app.js": 25_000, "paper.css": 8_000, "editor.js": 350_000 };

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
await build({
  entryPoints: {
    app: "assets/js/app.js",
    editor: "assets/editor/editor.js",
  },
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2021"],
  charset: "utf8",
  outdir: OUT,
  logLevel: "warning",
});
await build({
  entryPoints: { app: "assets/css/app.css", paper: "assets/css/paper.css" },
  bundle: true,
  minify: true,
  charset: "utf8",
  outdir: OUT,
  logLevel: "warning",
});

// The letter's serif (Tinos: the widths of Times New Roman, SIL Open Font License), for the program alone.
const SERIF = "node_modules/@expo-google-fonts/tinos";
const FACES = { regular: "400Regular", italic: "400Regular_Italic", bold: "700Bold", "bold-italic": "700Bold_Italic" };
mkdirSync(`${OUT}/fonts`);
for (const [face, name] of Object.entries(FACES)) {
  copyFileSync(`${SERIF}/${name}/Tinos_${name}.ttf`, `${OUT}/fonts/serif-${face}.ttf`);
}
copyFileSync(`${SERIF}/LICENSE_FONT`, `${OUT}/fonts/LICENSE.txt`);

let tooLarge = false;
for (const [name, limit] of Object.entries(LIMITS)) {
  const bytes = readFileSync(`${OUT}/${name}`);
  const fits = bytes.length <= limit;
  tooLarge ||= !fits;
  console.log(
    `${name.padEnd(10)} ${String(bytes.length).padStart(7)} B  gzip ${String(gzipSync(bytes).length).padStart(6)} B  ` +
      (fits ? `(limit ${limit} B)` : `OVER THE LIMIT of ${limit} B`),
  );
}
if (tooLarge) process.exit(1);
