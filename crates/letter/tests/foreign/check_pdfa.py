"""Letters held against PDF/A-2a by tools that are not ours: pdf_oxide's validator, pdfua's structure
checks, and the clauses of ISO 19005-2 that both leave out, read with pikepdf and fontTools. Copies
broken on purpose must each be refused, so that a check which sees nothing does not pass.

check_pdfa.py FOLDER        Ends with one line: `N passed, N failed`.
"""

import io
import pathlib
import re
import sys
import tempfile

import pdf_oxide
import pdfua
import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

passed = failed = 0


def hold(what, holds, why=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED {what}: {why}")


# --- clauses of ISO 19005-2 ---------------------------------------------------------------------

# ISO 32000-1, 14.8.4: what a structure element may be without a role map.
STANDARD_TYPES = set(
    "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 "
    "L LI Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby "
    "RB RT RP Warichu WT WP Figure Formula Form".split()
)
# ISO 19005-2, 6.5.1: the actions and, 6.3.1, the annotations that are allowed at all.
ACTIONS = {"/GoTo", "/GoToR", "/GoToE", "/Thread", "/URI", "/SubmitForm"}
ANNOTATIONS_REFUSED = {"/3D", "/Sound", "/Screen", "/Movie"}


def dictionaries(pdf):
    for found in pdf.objects:
        if isinstance(found, (Dictionary, pikepdf.Stream)):
            yield found


def header(pdf, raw):
    if not re.match(rb"%PDF-1\.[0-7]\r?\n%[\x80-\xff]{4}", raw):
        yield "6.1.2: no header with a comment of four bytes above 127"
    if len(pdf.trailer.get("/ID", [])) != 2:
        yield "6.1.3: no file identifier"
    if "/Encrypt" in pdf.trailer:
        yield "6.1.3: encrypted"
    if raw.rstrip(b"\r\n")[-5:] != b"%%EOF":
        yield "6.1.3: something stands after the end"


def streams(pdf):
    for found in dictionaries(pdf):
        if not isinstance(found, pikepdf.Stream):
            continue
        if any(key in found for key in ("/F", "/FFilter", "/FDecodeParms")):
            yield "6.1.7.1: a stream outside the file"
        filters = found.get("/Filter", Array())
        filters = [filters] if isinstance(filters, Name) else list(filters)
        if Name.LZWDecode in filters or Name.Crypt in filters:
            yield "6.1.7.2: LZW or a crypt filter"


def colours(pdf):
    intents = [one for one in pdf.Root.get("/OutputIntents", []) if one.get("/S") == Name.GTS_PDFA1]
    if len(intents) != 1:
        yield "6.2.3: not exactly one output intent of PDF/A"
        return
    profile = intents[0].DestOutputProfile.read_bytes()
    if profile[36:40] != b"acsp" or profile[16:20] != b"RGB " or profile[12:16] not in (b"mntr", b"prtr"):
        yield "6.2.3: the output profile is no RGB profile of a screen or printer"
    for found in dictionaries(pdf):
        if found.get("/Subtype") == Name.Image and (found.get("/Interpolate") or "/Alternates" in found):
            yield "6.2.8: an image is interpolated or has alternates"
        if found.get("/Subtype") == Name.PS:
            yield "6.2.9: a PostScript object"
        if found.get("/Type") == Name.ExtGState and ("/TR" in found or "/HTP" in found):
            yield "6.2.5: a transfer function"


def used_glyphs(pdf):
    """The glyph codes (two bytes, Identity-H) that the pages show, by font."""
    used = {}

    def look(stream, resources):
        font = None
        for operands, operator in pikepdf.parse_content_stream(stream):
            word = str(operator)
            if word == "Tf":
                font = resources.Font[str(operands[0])]
            elif word in ("Tj", "TJ", "'", '"'):
                shown = operands[-1] if word != "TJ" else operands[0]
                for part in shown if word == "TJ" else [shown]:
                    if isinstance(part, pikepdf.String):
                        codes = bytes(part)
                        used.setdefault(font.objgen, (font, set()))[1].update(
                            int.from_bytes(codes[at : at + 2], "big") for at in range(0, len(codes), 2)
                        )
            elif word == "Do":
                inner = resources.XObject[str(operands[0])]
                if inner.get("/Subtype") == Name.Form:
                    look(inner, inner.get("/Resources", resources))

    for page in pdf.pages:
        look(page, page.Resources)
    return used.values()


def unicodes(font):
    text = font.ToUnicode.read_bytes().decode("latin-1")
    mapped = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", text, re.S):
        for code, to in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            mapped[int(code, 16)] = bytes.fromhex(to).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", text, re.S):
        for low, high, to in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            for at in range(int(low, 16), int(high, 16) + 1):
                mapped[at] = chr(int(to, 16) + at - int(low, 16))
    return mapped


def fonts(pdf):
    for font, codes in used_glyphs(pdf):
        name = font.BaseFont
        if font.get("/Subtype") != Name.Type0 or font.get("/Encoding") != Name("/Identity-H"):
            yield f"{name}: not a composite font with Identity-H, which this check can read"
            continue
        below = font.DescendantFonts[0]
        descriptor = below.FontDescriptor
        program = descriptor.get("/FontFile2", descriptor.get("/FontFile3"))
        if program is None:
            yield f"6.2.11.4.1: {name} is not embedded"
            continue
        if below.Subtype == Name.CIDFontType2 and "/CIDToGIDMap" not in below:
            yield f"6.2.11.3.2: {name} has no CIDToGIDMap"
        try:
            face = TTFont(io.BytesIO(program.read_bytes()), lazy=True)
            order, metrics, unit = face.getGlyphOrder(), face["hmtx"], face["head"].unitsPerEm
        except Exception as error:  # noqa: BLE001: whatever is wrong with the program is a finding
            yield f"6.2.11.4.1: the program of {name} cannot be read: {error}"
            continue
        widths, declared = {}, list(below.get("/W", []))
        while declared:
            first = int(declared.pop(0))
            second = declared.pop(0)
            if isinstance(second, Array):
                widths.update({first + at: float(width) for at, width in enumerate(second)})
            else:
                width = float(declared.pop(0))
                widths.update({code: width for code in range(first, int(second) + 1)})
        mapped = unicodes(font) if "/ToUnicode" in font else {}
        for code in codes:
            if code == 0 or code >= len(order):
                yield f"6.2.11.8: {name} shows glyph {code}, which is .notdef or absent"
                continue
            real = metrics[order[code]][0] * 1000 / unit
            if abs(widths.get(code, float(below.get("/DW", 1000))) - real) > 1:
                yield f"6.2.11.5: {name} declares another width for glyph {code} than its program has"
            if not mapped.get(code) or mapped[code] in ("\0", "\ufeff", "\ufffe"):
                yield f"6.2.11.7.2: {name} says for glyph {code} no character"


def actions(pdf):
    if "/AA" in pdf.Root or "/JavaScript" in pdf.Root.get("/Names", {}):
        yield "6.5.2: an action of the document, or a script"
    for found in dictionaries(pdf):
        if found.get("/Type") == Name.Action or ("/S" in found and "/JS" in found):
            if str(found.get("/S")) not in ACTIONS:
                yield f"6.5.1: the action {found.get('/S')}"
    for page in pdf.pages:
        if "/AA" in page:
            yield "6.5.2: an action of a page"
        for note in page.get("/Annots", []):
            if str(note.get("/Subtype")) in ANNOTATIONS_REFUSED:
                yield f"6.3.1: an annotation {note.Subtype}"
            if note.get("/Subtype") != Name.Popup and int(note.get("/F", 0)) & 0b100111 != 0b100:
                yield "6.3.2: an annotation is hidden or is not printed"
    if "/EmbeddedFiles" in pdf.Root.get("/Names", {}):
        yield "6.8: an embedded file"


def metadata(pdf):
    if "/Metadata" not in pdf.Root:
        yield "6.6.2.1: no XMP metadata"
        return
    if "/Filter" in pdf.Root.Metadata:
        yield "6.6.2.1: the metadata are packed"
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as said:
        if (said.get("pdfaid:part"), said.get("pdfaid:conformance")) != ("2", "A"):
            yield "6.6.4: does not call itself PDF/A-2a"
        title = str(pdf.docinfo.get("/Title", ""))
        if title and title != said.get("dc:title"):
            yield "6.6.2.3: the title of the document and of its metadata differ"
        for key in ("/CreationDate", "/ModDate"):
            when, other = pdf.docinfo.get(key), said.get({"/CreationDate": "xmp:CreateDate", "/ModDate": "xmp:ModifyDate"}[key])
            if when is not None and re.sub(r"\D", "", str(when))[:14] != re.sub(r"\D", "", str(other))[:14]:
                yield f"6.6.2.3: {key} is {when} and {other}"


def structure(pdf):
    if not pdf.Root.get("/MarkInfo", {}).get("/Marked"):
        yield "6.7.2.2: not marked"
    if "/Lang" not in pdf.Root or not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", str(pdf.Root.Lang)):
        yield "6.7.4: no natural language"
    tree = pdf.Root.get("/StructTreeRoot")
    if tree is None:
        yield "6.7.3.3: no structure tree"
        return
    roles = tree.get("/RoleMap", {})
    in_tree, figures = set(), []

    def walk(node, page):
        if isinstance(node, Array):
            for child in node:
                walk(child, page)
        elif isinstance(node, int):
            in_tree.add((page, node))
        elif isinstance(node, Dictionary):
            page = node.get("/Pg").objgen if "/Pg" in node else page
            if node.get("/Type") == Name.MCR:
                in_tree.add((page, int(node.MCID)))
            elif node.get("/Type") != Name.OBJR:
                kind = str(node.get("/S", "/StructTreeRoot"))
                while Name(kind) in roles:
                    kind = str(roles[kind])
                if kind != "/StructTreeRoot" and kind[1:] not in STANDARD_TYPES:
                    figures.append(f"6.7.3.4: the type {kind} stands for nothing")
                if kind == "/Figure" and not str(node.get("/Alt", "")).strip():
                    figures.append("6.7.5: a figure without words that stand for it")
                walk(node.get("/K", Array()), page)

    walk(tree, None)
    yield from figures
    for number, page in enumerate(pdf.pages, 1):
        depth, stack = 0, []
        for operands, operator in pikepdf.parse_content_stream(page):
            word = str(operator)
            if word in ("BMC", "BDC"):
                stack.append(operands[0])
                said = operands[1] if word == "BDC" else {}
                if isinstance(said, Dictionary) and "/MCID" in said:
                    if (page.objgen, int(said.MCID)) not in in_tree:
                        yield f"6.7.3.3: marked content {said.MCID} of page {number} is not in the tree"
                    depth += 1
            elif word == "EMC":
                stack.pop()
            elif word in ("Tj", "TJ", "Do", "f", "S", "B") and not stack:
                yield f"6.7.3.2: page {number} shows something that is neither content nor an artifact"
                break
        if not depth:
            yield f"6.7.3.3: nothing on page {number} is in the tree"


CLAUSES = [streams, colours, fonts, actions, metadata, structure]


def by_clauses(path):
    raw = pathlib.Path(path).read_bytes()
    with pikepdf.open(path) as pdf:
        return sorted({why for why in header(pdf, raw)} | {why for clause in CLAUSES for why in clause(pdf)})


def by_validator(path):
    said = pdf_oxide.PdfDocument(str(path)).validate_pdf_a("2a")
    return [] if said["valid"] else said["errors"] or ["refused"]


def by_pdfua(path):
    return [str(one) for one in pdfua.validate(str(path)).findings if one.severity.name == "ERROR"]


# --- copies broken on purpose -------------------------------------------------------------------


def without(key):
    def breaking(pdf):
        del pdf.Root[key]

    return breaking


def in_fonts(*keys):
    def breaking(pdf):
        for found in dictionaries(pdf):
            for key in keys:
                if key in found:
                    del found[key]

    return breaking


def script(pdf):
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS="app.alert(1)"))


def film(pdf):
    note = Dictionary(Type=Name.Annot, Subtype=Name.Movie, Rect=[0, 0, 1, 1], F=4)
    pdf.pages[0].Annots = Array([pdf.make_indirect(note)])


def attached(pdf):
    pdf.attachments["a.txt"] = pikepdf.AttachedFileSpec(pdf, b"x")


def calls_itself_2b(pdf):
    with pdf.open_metadata() as said:
        said["pdfaid:conformance"] = "B"


def other_widths(pdf):
    for found in dictionaries(pdf):
        if "/W" in found and "/CIDSystemInfo" in found:
            found.W = Array([0, 9999, 100])


def untagged_words(pdf):
    page = pdf.pages[0]
    words = [pair for pair in pikepdf.parse_content_stream(page) if str(pair[1]) not in ("BDC", "BMC", "EMC")]
    page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(words))


def silent_figures(pdf):
    for found in dictionaries(pdf):
        if found.get("/S") == Name.Figure and "/Alt" in found:
            del found["/Alt"]


BROKEN = {
    "not marked": (without("/MarkInfo"), [by_validator, by_clauses]),
    "no structure tree": (without("/StructTreeRoot"), [by_validator, by_clauses]),
    "no metadata": (without("/Metadata"), [by_validator, by_clauses]),
    "no language": (without("/Lang"), [by_validator, by_clauses]),
    "fonts not embedded": (in_fonts("/FontFile", "/FontFile2", "/FontFile3"), [by_validator, by_clauses]),
    "a script": (script, [by_validator, by_clauses]),
    "an embedded file": (attached, [by_validator, by_clauses]),
    "no output intent": (without("/OutputIntents"), [by_clauses]),
    "no characters for glyphs": (in_fonts("/ToUnicode"), [by_clauses]),
    "a film": (film, [by_clauses]),
    "calls itself 2b": (calls_itself_2b, [by_clauses]),
    "other widths": (other_widths, [by_clauses]),
    "words outside the tree": (untagged_words, [by_clauses]),
    "figures without words": (silent_figures, [by_clauses]),
}


def main(folder):
    files = sorted(pathlib.Path(folder).glob("*.pdf"))
    names = {path.stem for path in files}
    for name in ("dated", "report", "recipients_300_1", "own_rgba", "own_palette", "own_deep"):
        hold(f"{name} is there", name in names)
    hold("there are all letters", len(files) >= 24, f"only {len(files)} files")
    for path in files:
        for judge in (by_validator, by_pdfua, by_clauses):
            findings = judge(path)
            hold(f"{path.stem}, {judge.__name__}", not findings, "; ".join(findings[:5]))
    with_logos = pathlib.Path(folder) / "dated.pdf"
    with tempfile.TemporaryDirectory() as made:
        for name, (breaking, judges) in BROKEN.items():
            copy = pathlib.Path(made) / f"{name}.pdf"
            with pikepdf.open(with_logos) as pdf:
                breaking(pdf)
                pdf.save(copy)
            for judge in judges:
                hold(f"a copy: {name}", judge(copy), f"{judge.__name__} did not see it")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
