#!/usr/bin/python3
"""A fax that a person prints and sends by hand: ending its to-do at the desk settles the notice."""
from desk_client import Desk, check, finish, wait_for

NUMBER = "06-0000-4101"


def fax_to_print(desk):
    desk.run("directory", "import", str(desk.dir / "directory.csv"), "--by", "係")
    (entry,), = desk.query("SELECT id FROM institutions WHERE fax = ? AND office_id = 'higashinari'", NUMBER)
    desk.run("directory", "test-fax", str(entry), "--by", "佐藤")
    wait_for(lambda: desk.query("SELECT 1 FROM todos WHERE kind = 'fax_print'"), 20, "the fax becomes a to-do")
    (todo, about), = desk.query("SELECT id, about FROM todos WHERE kind = 'fax_print'")
    return todo, about.removeprefix("notice:")


def state_of(desk, notice):
    return desk.query("SELECT state, reason FROM notices WHERE id = ?", notice)[0]


def main():
    with Desk() as desk:
        path = desk.dir / "tasuki.yaml"
        path.write_text(path.read_text().replace('fax:\n  channel: "by-hand"\n', 'fax:\n  channel: "manual"\n'))
        desk.serve()
        desk.open_desk()
        todo, notice = fax_to_print(desk)
        sato = desk.person("sato", "--role", "coordinator", "--office", "higashinari", "--display", "佐藤")
        shown = sato.get("/todos/%d" % todo)
        check(shown.status == 200 and shown.json["notice"]["id"] == notice, "the to-do shows its fax: %r" % shown)
        paper = sato.get("/todos/%d/fax" % todo)
        check(paper.status == 200 and paper.bytes.startswith(b"%PDF-"), "送信票 and letter to print: %r" % paper.status)
        check(desk.query("SELECT 1 FROM audit WHERE action = 'print' AND object = ?", "notice:" + notice), "printing is in the audit log")
        stranger = desk.person("ikuno", "--role", "coordinator", "--office", "ikuno", "--display", "生野")
        check(stranger.get("/todos/%d/fax" % todo).status == 404, "another office's fax is not there")
        again = sato.post("/todos/%d/results" % todo, {"result": "no_answer", "again": "2099-01-01"})
        check(again.status == 200 and state_of(desk, notice)[0] == "sent", "nobody answered: nothing is settled: %r" % again)
        done = sato.post("/todos/%d/results" % todo, {"result": "done", "note": "2 枚"})
        state, reason = state_of(desk, notice)
        check(done.status == 200 and state == "delivered", "sent by hand: %r, %s" % (done, state))
        check("sato" in reason and "2 枚" in reason, "who and how: " + reason)
        desk.stop()
    finish()


main()
