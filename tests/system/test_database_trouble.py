"""A database that somebody holds, or that is damaged: documents are taken in and wait, doctor says what to do, and then all is as it was."""
import contextlib
import os
import pathlib
import shutil
import sqlite3

from tasuki_site import OUTCOME_PAGE, USER, Site, check, finish, make_sheet, wait_for


def recorded(site):
    with contextlib.suppress(sqlite3.DatabaseError):
        return len(site.query("SELECT 1 FROM documents WHERE state = 'read'"))
    return 0


def waiting(site):
    return len(site.spool("incoming")) + len(site.spool("reading"))


def held(site, sheet):
    """Somebody else writes and does not end."""
    with contextlib.closing(sqlite3.connect(str(site.dir / "store" / "tasuki.db"), timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        site.drop("higashinari", "held.tif", sheet + b"held")
        wait_for(lambda: waiting(site) == 1, 30, "a document is taken in while the database is held")
        done = site.run("doctor", check_status=False)
        check(done.returncode == 1 and "is busy; try again" in done.stdout, "doctor names what is held: %s" % done.stdout)
        db.execute("ROLLBACK")
    wait_for(lambda: recorded(site) == 2 and waiting(site) == 0, 60, "it is recorded when the database is free")


def damaged(site, sheet):
    path = site.dir / "store" / "tasuki.db"
    site.stop()
    whole = path.read_bytes()
    path.write_bytes(os.urandom(4096) + whole[4096:])
    site.serve()
    site.drop("ikuno", "damaged.tif", sheet + b"damaged")
    wait_for(lambda: waiting(site) == 1, 30, "a document is taken in beside a damaged database")
    file = pathlib.Path(site.root) / "submitted.tif"
    file.write_bytes(sheet + b"submitted")
    file.chmod(0o644)
    site.run("submit", "--office", "ikuno", str(file))
    check(waiting(site) == 2 and site.process.poll() is None, "the gateway lives, and two documents wait")
    done = site.run("doctor", check_status=False)
    check(done.returncode == 1 and "is damaged" in done.stdout and "restore it from a backup" in done.stdout,
          "doctor says what to do: %s" % done.stdout)
    with open(path, "r+b") as out:  # a person puts the whole one back
        out.write(whole)
    if os.geteuid() == 0:
        shutil.chown(path, USER)
    wait_for(lambda: recorded(site) == 4 and waiting(site) == 0, 60, "what waited is recorded, without a restart")
    check(site.query("SELECT count(*) FROM notices WHERE event = 'sheet.received'")[0][0] == 4, "each is told once")


def main():
    site = Site()
    try:
        path = os.path.join(site.root, "sheet.tif")
        make_sheet(path, [OUTCOME_PAGE], x_dpi=204, y_dpi=98)
        sheet = pathlib.Path(path).read_bytes()
        site.serve()
        site.drop("higashinari", "first.tif", sheet)
        wait_for(lambda: recorded(site) == 1, 60, "a document is recorded")
        held(site, sheet)
        damaged(site, sheet)
        site.stop()
    finally:
        site.close()
    finish()


main()
