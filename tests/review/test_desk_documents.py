#!/usr/bin/python3
"""What a person does with a document at the desk: reads a page as a form, tries a held one again or hands it over, scans for a case."""

from desk_client import SOURCE, Desk, check, finish, wait_for

SHEETS = SOURCE / "config/sample/sheets/higashinari"


def picture_of(what):
    """A page that is no form: lines of text on A4, as a PDF."""
    text = "\n".join("(%s) Tj 0 -30 Td" % what for _ in range(12))
    stream = "BT /F1 18 Tf 72 760 Td %s ET" % text
    parts = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
             "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
             "<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, places = b"%PDF-1.4\n", []
    for n, part in enumerate(parts, 1):
        places.append(len(out))
        out += ("%d 0 obj\n%s\nendobj\n" % (n, part)).encode()
    table = "".join("%010d 00000 n \n" % place for place in places)
    return out + ("xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" %
                  (len(parts) + 1, table, len(parts) + 1, len(out))).encode()


def document_of(desk, name):
    """The id of the document with that name, once it is in the records."""
    wait_for(lambda: desk.query("SELECT 1 FROM documents WHERE name = ?", name), 120, name + " is recorded")
    return desk.query("SELECT spool_id FROM documents WHERE name = ? ORDER BY id DESC", name)[0][0]


def test_page_as_form(desk, sato, ikuno):
    desk.drop("higashinari", "letter.pdf", picture_of("Dear colleague"))
    document = document_of(desk, "letter.pdf")
    page = "/documents/%s/pages/1" % document
    shown = sato.get("/documents/" + document).json
    check([p["state"] for p in shown["pages"]] == ["no_form"], "the page is no form: %r" % shown["pages"])
    check(sato.get(page + "/reread").json["state"] == "", "nobody asked yet")
    check(sato.post(page + "/reread", {"form": "nothing", "edition": "none"}).status == 422, "there is no such form")
    check(sato.post(page + "/reread/take").status == 422, "there is nothing to take")
    check(ikuno.post(page + "/reread", {"form": "referral-status", "edition": "higashinari-2015"}).status == 404, "another office's page is not there")
    asked = sato.post(page + "/reread", {"form": "referral-status", "edition": "higashinari-2015"})
    check(asked.status == 200 and asked.json["state"] == "asked", "it waits for the reader: %r" % asked)
    wait_for(lambda: sato.get(page + "/reread").json["state"] in ("read", "failed"), 120, "the page is read as that form")
    found = sato.get(page + "/reread").json
    check(found["state"] == "read" and found["found_form"] == "referral-status", "read as what was named: %r" % found)
    check(desk.query("SELECT count(*) FROM sheets s JOIN documents d ON d.id = s.document_id WHERE d.spool_id = ?", document)[0][0] == 0,
          "nothing changes before a person takes it")
    taken = sato.post(page + "/reread/take")
    check(taken.status == 200, "it becomes a sheet: %r" % taken)
    sheet = sato.get("/sheets/%d" % taken.json["sheet"]).json
    check(sheet["form"] == "referral-status" and sheet["state"] == "needs_review" and not sheet["reader_changed"], "its form: %r" % sheet["form"])
    texts = [field for field in sheet["fields"] if field["kind"] == "text"]
    check(texts and all(field["decided"] == "waiting" for field in texts), "what is not found on the page waits for a person")
    check(sato.get("/sheets/%d/page" % sheet["id"]).bytes.startswith(b"\x89PNG"), "with the page beside it")
    set_ = sato.ask("PATCH", "/sheets/%d/fields" % sheet["id"], {"revision": sheet["revision"], "values": {"patient_name": "見本 次郎"}})
    check(set_.status == 200, "a value is typed: %r" % set_)
    check(not desk.query("SELECT 1 FROM todos WHERE document = ? AND kind = 'no_form' AND done = ''", document), "the to-do about the page is done")
    check(sato.post(page + "/reread", {"form": "referral-status", "edition": "higashinari-2015"}).status == 422, "it is a sheet already")


def test_held(desk, sato, ikuno):
    desk.drop("higashinari", "broken.pdf", b"%PDF-1.4\nnothing that anybody could open\n%%EOF\n")
    held = document_of(desk, "broken.pdf")
    check(sato.get("/documents/" + held).json["document"]["state"] == "held", "it is held")
    check(ikuno.post("/documents/%s/retry" % held).status == 404, "another office's document is not there")
    again = sato.post("/documents/%s/retry" % held)
    check(again.status == 200, "tried once more: %r" % again)
    wait_for(lambda: held in desk.run("queue", "list").stdout.split("held")[0] or (desk.dir / "spool/held" / held).is_dir(), 60, "held again")
    check(sato.post("/documents/%s/hand-over" % held, {"to": "nowhere"}).status == 422, "to nobody")
    wait_for(lambda: (desk.dir / "spool/held" / held).is_dir(), 60, "held again")
    given = sato.post("/documents/%s/hand-over" % held, {"to": "ikuno"})
    check(given.status == 200 and given.json["document"]["handed_to"] == "ikuno", "handed over: %r" % given)
    check(sato.get("/documents/%s/original" % held).status == 404, "the giver has the line, not the bytes")
    check(sato.ask("PUT", "/documents/%s/settled" % held, {"as": ""}).status == 422, "and cannot take it back")
    wait_for(lambda: desk.query("SELECT 1 FROM documents WHERE office_id = 'ikuno' AND name = 'broken.pdf' AND state = 'held'"), 60, "held there")
    there = desk.query("SELECT spool_id FROM documents WHERE office_id = 'ikuno' AND name = 'broken.pdf'")[0][0]
    check(ikuno.get("/documents/%s/original" % there).bytes.startswith(b"%PDF"), "the taker has the bytes")
    check(sato.get("/documents/" + there).status == 404, "which the giver does not see")
    check(desk.query("SELECT count(*) FROM audit WHERE action IN ('document.hand_over', 'document.taken_over')")[0][0] == 2, "both logs say so")
    check(sato.get("/counts").json["trays"]["held"] == 0 and ikuno.get("/counts").json["trays"]["held"] == 1, "it lies in the taker's tray")


def test_scan_for_case(desk, sato, ikuno):
    number = desk.query("SELECT case_number FROM sheets WHERE office_id = 'higashinari' AND case_number IS NOT NULL ORDER BY id")[0][0]
    check(ikuno.post("/uploads?name=a.pdf&case=" + number, data=picture_of("Scan"), headers={"Content-Type": "application/pdf"}, body=None).status == 404,
          "another office's case is not there")
    sent = sato.ask("POST", "/uploads?name=scan.pdf&case=" + number, data=picture_of("Scan"), headers={"Content-Type": "application/pdf"})
    check(sent.status == 201 and sent.json["office"] == "higashinari", "taken for the case: %r" % sent)
    wait_for(lambda: sato.get("/cases/" + number).json["pages"], 120, "the page is in the case")
    page = sato.get("/cases/" + number).json["pages"][0]
    check(page["document"] == sent.json["document"] and page["by"] == "sato", "by whom: %r" % page)


def main():
    with Desk() as desk:
        desk.serve()
        desk.open_desk()
        sato = desk.person("sato", "--role", "coordinator", "--office", "higashinari", "--display", "佐藤 恵")
        ikuno = desk.person("ikuno", "--role", "coordinator", "--office", "ikuno", "--display", "生野")
        people = sato.get("/people").json["items"]
        check(people == [{"user": "sato", "name": "佐藤 恵"}], "those of the own office, by name: %r" % people)
        desk.drop("higashinari", "01.tif", (SHEETS / "01-referral.tif").read_bytes())
        wait_for(lambda: desk.query("SELECT 1 FROM sheets WHERE case_number IS NOT NULL"), 120, "a sheet with a case")
        test_page_as_form(desk, sato, ikuno)
        test_held(desk, sato, ikuno)
        test_scan_for_case(desk, sato, ikuno)
        desk.stop()
    finish()


main()
