#!/usr/bin/python3
"""The API as review/openapi.yaml describes it: the same routes, answers that fit, and nothing of another office through any of them.

Every route of the file is called by everybody: with an object of another office and with one that does not exist, which must be answered
alike; and with one of the own office, so that the refusal before means something.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

import jsonschema
import yaml

from desk_client import SOURCE, TASUKI, Desk, check, finish, wait_for

API = yaml.safe_load((SOURCE / "review/openapi.yaml").read_text())
METHODS = ("get", "post", "put", "patch", "delete")
OWN, SECRET = "東成太郎", "秘密花子"
OURS, THEIRS = "higashinari", "ikuno"
ROLE_BITS = {"coordinator": 1, "manager": 2, "ward_viewer": 4, "health_bureau": 8, "administrator": 16, "auditor": 32}
ABSENT = {"sheet": "999999", "document": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "case": "27115-1999-0001", "todo": "999999", "notice": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
          "institution": "999999", "contact": "999999", "gathering": "999999", "report": "999999", "difficult": "999999", "account": "999999", "office": "nowhere", "proposal": "999999",
          "inquiry": "999999", "incident": "999999", "disposal": "999999"}
# What an {id} means, and what a name in a query or a body refers to.
IDS = {"sheets": "sheet", "todos": "todo", "notices": "notice", "directory": "institution", "users": "account", "contacts": "contact", "gatherings": "gathering", "reports": "report", "difficult": "difficult",
       "inquiries": "inquiry", "incidents": "incident", "disposals": "disposal"}
REFERENCES = {"case": "case", "into": "case", "other": "case", "office": "office", "document": "document", "sheet": "sheet", "institution": "institution",
              "to_office": "office", "case_number": "case"}


def routes():
    lines = subprocess.run([TASUKI, "web", "--routes"], check=True, capture_output=True, text=True).stdout.splitlines()
    return {(method, path): (int(roles), int(flags)) for method, path, roles, flags in (line.split("\t") for line in lines)}


ROUTES = routes()


def operations():
    for path, item in API["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method], item.get("parameters", []) + item[method].get("parameters", [])


def resolved(node):
    while isinstance(node, dict) and "$ref" in node:
        at = API
        for step in node["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        node = at
    return node


def example(schema, name=""):
    """Something that fits, as small as it may be."""
    schema = resolved(schema)
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return example(schema[key][0], name)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        wanted = schema.get("required", [])
        return {key: example(value, key) for key, value in schema.get("properties", {}).items() if key in wanted}
    if kind == "array":
        return [example(schema.get("items", {}), name) for _ in range(schema.get("minItems", 0))]
    if kind == "integer" or kind == "number":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    if schema.get("format") == "date" or "date" in name or name in ("until", "on", "day", "again_on"):
        return "2027-01-15"
    return "x" * max(1, schema.get("minLength", 1))


def body_of(operation):
    content = resolved(operation.get("requestBody", {})).get("content", {})
    return content["application/json"]["schema"] if "application/json" in content else None


def path_kind(path, name):
    if name == "id":
        return IDS.get(path.removeprefix("/api/v1/").split("/")[0])
    return name if name in ("case", "document") else None


def fill(path, objects):
    """The path with these objects in it; None when it takes none."""
    parts, found = [], False
    for part in path.removeprefix("/api/v1").split("/"):
        name = part.strip("{}")
        if part.startswith("{"):
            kind = path_kind(path, name)
            found = found or kind is not None
            part = str(objects[kind]) if kind else {"page": "1", "field": "patient_name", "form": "referral-status", "edition": "higashinari-2015"}.get(name, "1")
        parts.append(part)
    return "/".join(parts), found


def validate(method, path, operation, answer, seen):
    wanted = operation["responses"].get(str(answer.status), operation["responses"].get("default") if answer.status >= 400 else None)
    where = "%s %s answers %d" % (method, path, answer.status)
    if wanted is None:
        check(False, "%s, which openapi.yaml does not know: %s" % (where, answer))
        return
    content = resolved(wanted).get("content", {})
    if not content:
        check(answer.bytes == b"", "%s with a body that openapi.yaml does not know" % where)
    elif answer.media not in content:
        check(False, "%s as %s: %s" % (where, answer.media, answer))
    elif answer.json is not None:
        validator = jsonschema.Draft202012Validator(content[answer.media].get("schema", {}), resolver=jsonschema.RefResolver("", API))
        for fault in list(validator.iter_errors(answer.json))[:3]:
            check(False, "%s: %s at %s" % (where, fault.message[:300], "/".join(map(str, fault.absolute_path))))
    if answer.status < 300:
        seen.add((method, path))


class Matrix:
    def __init__(self, desk):
        self.desk, self.seen = desk, set()
        self.objects = {office: self.objects_of(office) for office in (OURS, THEIRS)}
        self.people = self.make_people()

    def objects_of(self, office):
        def one(sql):
            rows = self.desk.query(sql, office)
            check(rows, "the test's site has no %s at %s" % (sql, office))
            return rows[0][0] if rows else 0

        return {
            "sheet": one("SELECT s.id FROM sheets s JOIN cases c ON c.number = s.case_number WHERE s.office_id = ? ORDER BY s.id"),
            "case": one("SELECT number FROM cases WHERE office_id = ? ORDER BY number"),
            "document": one("SELECT d.spool_id FROM documents d JOIN sheets s ON s.document_id = d.id WHERE s.office_id = ? AND s.case_number IS NOT NULL "
                            "ORDER BY s.id"),
            "todo": one("SELECT id FROM todos WHERE office_id = ? AND done = '' ORDER BY kind <> 'fax_print', id"),
            "notice": one("SELECT id FROM notices WHERE office_id = ?"),
            "institution": one("SELECT id FROM institutions WHERE office_id = ?"),
            "contact": one("SELECT id FROM contacts WHERE office_id = ?"),
            "gathering": one("SELECT id FROM gatherings WHERE office_id = ?"),
            "difficult": one("SELECT id FROM difficult WHERE office_id = ?"),
            "report": one("SELECT id FROM reports WHERE office_id = ?"),
            "inquiry": one("SELECT id FROM inquiries WHERE office_id = ?"),
            "incident": one("SELECT id FROM incidents WHERE office_id = ?"),
            "disposal": one("SELECT id FROM disposals WHERE office_id = ?"),
            "account": one("SELECT account_id FROM account_grants WHERE office_id = ?"),
            "office": office,
        }

    def make_people(self):
        desk, case = self.desk, self.objects[OURS]["case"]
        people = {role: desk.person(role, "--role", role, "--office", OURS) for role in ("coordinator", "manager")}
        viewer = desk.account("viewer", "--role", "ward_viewer")
        desk.run("user", "role", "viewer", "ward_viewer", "--office", OURS, "--case", case, "--until", "2099-12-31", "--by", "tester")
        for role in ("health_bureau", "administrator", "auditor"):
            people[role] = desk.person(role, "--role", role)
        from desk_client import Person
        people["ward_viewer"] = Person(desk, "viewer")
        people["ward_viewer"].begin(viewer)
        return people

    def call(self, person, method, path, operation, query="", body=None):
        schema, data = body_of(operation), None
        if method != "GET" and schema is None and "requestBody" in operation:
            data = b"not a picture"
        elif method != "GET":
            body = body if body is not None else example(schema) if schema is not None else {}
        else:
            body = None
        answer = person.ask(method, path + query, body if data is None else None, data=data)
        return answer

    def may(self, role, method, path):
        return ROUTES[method, path][0] & ROLE_BITS[role] != 0

    def test_foreign_is_absent(self):
        """Objects in the path."""
        count = 0
        for method, path, operation, _ in operations():
            if not fill(path, ABSENT)[1]:
                continue
            for role, person in self.people.items():
                foreign = self.call(person, method, fill(path, self.objects[THEIRS])[0], operation)
                absent = self.call(person, method, fill(path, ABSENT)[0], operation)
                where = "%s %s as %s" % (method, path, role)
                if role == "administrator" and self.may(role, method, path):
                    continue  # of the whole site
                check(foreign.status >= 400, "%s: an object of another office: %s" % (where, foreign))
                check((foreign.status, foreign.bytes) == (absent.status, absent.bytes), "%s tells a foreign from an absent one: %s %s" % (where, foreign, absent))
                if not self.may(role, method, path):
                    check(foreign.status == 403, "%s: without the role: %s" % (where, foreign))
                validate(method, path, operation, foreign, self.seen)
                count += 1
        check(count > 100, "only %d calls with foreign objects" % count)
        print("%d calls with objects of another office" % count)

    def test_foreign_references(self):
        """Own object in the path, another office's in a query or a body."""
        count = 0
        for method, path, operation, parameters in operations():
            own = fill(path, self.objects[OURS])[0]
            schema = resolved(body_of(operation) or {})
            names = [(resolved(p)["name"], "query") for p in parameters if resolved(p).get("in") == "query"]
            names += [(name, "body") for name in schema.get("properties", {})]
            for name, place in names:
                kind = REFERENCES.get(name)
                if kind is None:
                    continue
                for role in ("coordinator", "manager"):
                    if not self.may(role, method, path):
                        continue
                    answers = []
                    for objects in (self.objects[THEIRS], ABSENT):
                        value = objects[kind]
                        if place == "query":
                            answers.append(self.call(self.people[role], method, own, operation, "?%s=%s" % (name, value)))
                        else:
                            as_is = resolved(schema["properties"][name])
                            body = {**example(schema), name: int(value) if "integer" in str(as_is.get("type")) else value}
                            answers.append(self.call(self.people[role], method, own, operation, body=body))
                    foreign, absent = answers
                    where = "%s %s as %s with %s in the %s" % (method, path, role, name, place)
                    allowed = path.endswith("/hand-over")  # that is what it is for
                    # what was asked for may be said again
                    said = [answer.bytes.replace(str(objects[kind]).encode(), b"*") for answer, objects in zip(answers, (self.objects[THEIRS], ABSENT))]
                    check(method == "GET" or allowed or foreign.status >= 400, "%s: done: %s" % (where, foreign))
                    if not allowed:
                        check((foreign.status, said[0]) == (absent.status, said[1]), "%s tells foreign from absent: %s %s" % (where, foreign, absent))
                    count += 1
        print("%d calls that refer to another office" % count)

    def test_own_is_answered(self):
        """Every GET answers with the own objects, and what it answers says nothing of another office."""
        own_name = 0
        theirs = [str(self.objects[THEIRS][kind]) for kind in ("case", "document")] + [SECRET]
        for method, path, operation, parameters in operations():
            if method != "GET" or path.endswith("/events"):
                continue
            role = next((role for role in self.people if self.may(role, method, path)), "coordinator")
            own = fill(path, self.objects[OURS])[0]
            required = [resolved(p) for p in parameters if resolved(p).get("in") == "query" and resolved(p).get("required")]
            query = "?" + "&".join("%s=%s" % (p["name"], example(p.get("schema", {}), p["name"])) for p in required) if required else ""
            answer = self.call(self.people[role], method, own, operation, query)
            check(answer.status in (200, 204), "%s %s as %s: %s" % (method, path, role, answer))
            validate(method, path, operation, answer, self.seen)
            text = answer.bytes.decode(errors="replace")
            own_name += OWN in text
            for word in theirs:
                if role in ("coordinator", "manager"):
                    check(word not in text, "%s %s as %s tells %s" % (method, path, role, word))
            for other in self.people:
                if self.may(other, method, path) and other not in ("administrator", "auditor", "health_bureau"):
                    again = self.call(self.people[other], method, own, operation, query)
                    check(SECRET not in again.bytes.decode(errors="replace"), "%s %s as %s tells a name of another office" % (method, path, other))
                    validate(method, path, operation, again, self.seen)

        check(own_name >= 4, "the own patient's name is in %d answers only: this test sees nothing" % own_name)

    def test_roles_without_patients(self):
        """No name, no case in whatever an administrator, an auditor or the health bureau is answered."""
        cases = [row[0] for row in self.desk.query("SELECT number FROM cases")]
        for role in ("administrator", "auditor", "health_bureau"):
            for method, path, operation, _ in operations():
                if method != "GET" or path.endswith("/events"):
                    continue
                answer = self.call(self.people[role], method, fill(path, self.objects[OURS])[0], operation)
                text = answer.bytes.decode(errors="replace")
                check(OWN not in text and SECRET not in text, "GET %s as %s tells a name" % (path, role))
                if path not in ("/api/v1/audit", "/api/v1/users"):  # a number says nothing about the patient; grants name it
                    check(not any(case in text for case in cases), "GET %s as %s tells a case" % (path, role))

    def test_ward_viewer(self):
        """A grant alone shows nothing: what was released, and until its day."""
        viewer, own = self.people["ward_viewer"], self.objects[OURS]
        path = "/cases/%s/released" % own["case"]
        check(viewer.get(path).status == 200 and b'"items":[]' in viewer.get(path).bytes.replace(b" ", b""), "nothing released: %s" % viewer.get(path))
        check(viewer.get("/cases/%s" % own["case"]).status == 403, "the case itself")
        other = self.desk.query("SELECT number FROM cases WHERE office_id = ? AND number <> ?", OURS, own["case"])
        if other:
            check(viewer.get("/cases/%s/released" % other[0][0]).status == 404, "another case of the same office")
        for route in ("/queue", "/search?q=a", "/cases", "/todos", "/sheets/%s" % own["sheet"], "/documents/%s" % own["document"], "/users", "/audit"):
            check(viewer.get(route).status in (403, 404), "a ward viewer gets %s" % route)
        self.desk.change("UPDATE account_grants SET until = '2020-01-01' WHERE role = 'ward_viewer'")
        check(viewer.get(path).status in (403, 404), "the case after its day")
        self.desk.change("UPDATE account_grants SET until = '2099-12-31' WHERE role = 'ward_viewer'")

    def test_released_words_alone(self):
        """An account to which a difficult case was released sees those words, as long as consent stands, and not the case."""
        desk, own = self.desk, self.objects[OURS]
        path = "/cases/%s" % own["case"]
        password = desk.account("desk-viewer", "--role", "ward_viewer")
        desk.run("user", "role", "desk-viewer", "ward_viewer", "--office", OURS, "--case", own["case"], "--until", "2099-12-31", "--by", "tester")
        desk.change("INSERT INTO difficult (office_id, case_number, state, why, fields, institution_id, desk, way, account, until, words, proposed, proposed_by, decided, "
                    "decided_by) SELECT office_id, ?, 'told', 'x', 'x', id, 'x', 'viewer', 'desk-viewer', '2099-12-31', 'WORDS', 'x', 'one', 'x', 'two' FROM institutions "
                    "WHERE office_id = ? LIMIT 1", own["case"], OURS)
        from desk_client import Person
        viewer = Person(desk, "desk-viewer")
        viewer.begin(password)
        check(viewer.get(path).status == 403, "the case itself: %s" % viewer.get(path))
        check(b"WORDS" not in viewer.get(path + "/released").bytes, "without consent")
        desk.run("consent", "record", own["case"], "--scope", "ward_office", "--giver", "patient", "--how", "paper", "--by", "tester")
        answer = viewer.get(path + "/released")
        check(answer.status == 200 and b"WORDS" in answer.bytes and OWN.encode() not in answer.bytes, "what was released: %s" % answer)
        check(desk.query("SELECT state FROM difficult WHERE words = 'WORDS'") == [("read",)], "opening it is the receipt")
        desk.run("consent", "withdraw", own["case"], "--scope", "ward_office", "--by", "tester")
        check(b"WORDS" not in viewer.get(path + "/released").bytes, "after consent was withdrawn")

    def test_changes_are_answered(self):
        """What changes something answers as the file says, with an own object; not every body that fits makes sense."""
        done = refused = 0
        last = {"/session", "/account"}
        for method, path, operation, _ in operations():
            if method == "GET" or any(path.startswith("/api/v1" + start) for start in last):
                continue
            role = next((role for role in ("manager", "coordinator", "administrator", "auditor") if self.may(role, method, path)), None)
            if role is None:
                continue
            schema = resolved(body_of(operation) or {})
            body = example(schema) if schema else None
            for name in set(body or {}) & set(REFERENCES):
                body[name] = self.objects[OURS][REFERENCES[name]]
            answer = self.call(self.people[role], method, fill(path, self.objects[OURS])[0], operation, body=body)
            check(answer.status < 500 and answer.status not in (400, 401, 404, 405, 415), "%s %s as %s: %s" % (method, path, role, answer))
            validate(method, path, operation, answer, self.seen)
            done, refused = done + (answer.status < 300), refused + (answer.status >= 300)
        print("%d changes done, %d refused" % (done, refused))


def test_same_routes():
    described = {(method, path) for method, path, _, _ in operations()}
    for one in sorted(set(ROUTES) - described):
        check(False, "%s %s is not in openapi.yaml" % one)
    for one in sorted(described - set(ROUTES)):
        check(False, "%s %s is in openapi.yaml and nowhere else" % one)


def test_blocks_are_sorted():
    text = (SOURCE / "review/openapi.yaml").read_text()
    areas = [line.strip("# ") for line in text.split("\ncomponents:")[0].splitlines() if line.startswith("  # ")]
    check(areas == sorted(areas), "the areas of openapi.yaml are not in order: %s" % areas)


def know_the_number(desk, office):
    """What the edition prints is verified, so that it may be printed."""
    path = desk.dir / "printed.csv"
    path.write_text("kind,name,department,ward,fax,email,phone\ncoordination_office,受信専用,,東成区,06-4306-3829,,\n")
    desk.run("directory", "import", str(path), "--office", office, "--by", "tester")
    entry = desk.query("SELECT id FROM institutions WHERE office_id = ? AND name = '受信専用'", office)[0][0]
    for person in ("one", "two"):
        desk.run("directory", "verify", str(entry), "--channel", "fax", "--how", "letterhead", "--by", person)


def fax_to_print(desk, office):
    """A notice that a person prints and faxes, to the number that is verified."""
    desk.change("INSERT INTO notices (id, office_id, document, about, event, rule, recipient, kind, state, reason, channel, destination, subject, body, batch, created, "
                "next_attempt) SELECT 'PRINT-' || office_id, office_id, '', 'x:' || id, 'x', 'x', 'institution:' || id, 'alert', 'sent', '', 'fax', fax, 'x', 'x', '', "
                "'2026-04-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z' FROM institutions WHERE office_id = ? AND name = '受信専用'", office)
    desk.change("INSERT INTO todos (office_id, document, about, event, rule, recipient, kind, text, created) SELECT office_id, '', 'notice:' || id, 'x', 'x', recipient, "
                "'fax_print', 'x', created FROM notices WHERE id = 'PRINT-' || ?", office)


def seed(desk):
    """Two offices with sheets, cases, to-dos and notices; on the other one's sheet a name that must never be seen."""
    sheets = SOURCE / "config/sample/sheets"
    desk.serve()
    for office, names in ((OURS, ["01-referral.tif", "03-care-liaison.tif", "07-broken-off.tif"]), (THEIRS, ["01-referral-by-hand.tif"])):
        for name in names:
            desk.drop(office, name, (sheets / office / name).read_bytes())
        desk.drop(office, "garbage.tif", b"II*\0" + office.encode() * 100)
    desk.wait_idle(120)
    desk.stop()
    for office, name in ((OURS, OWN), (THEIRS, SECRET)):
        desk.run("directory", "import", str(desk.dir / "directory.csv"), "--office", office, "--by", "tester")
        know_the_number(desk, office)
        desk.run("log", "add", "clinic", "consultation", name, "--office", office, "--by", "tester")
        desk.run("log", "meeting", "related", name, "--office", office, "--by", "tester")
        desk.run("counts", "draft", "monthly", "2026-05", "--office", office, "--by", "tester")
        desk.run("incident", "open", "--office", office, "--text", name, "--by", "tester")
        desk.change("INSERT INTO disposals (office_id, state, due_by, proposed, proposed_by) VALUES (?, 'proposed', '2026-04-01', '2026-04-02T00:00:00.000Z', 'tester')", office)
        fax_to_print(desk, office)
        desk.change("INSERT INTO difficult (office_id, case_number, state, why, fields, institution_id, desk, way, proposed, proposed_by) SELECT c.office_id, "
                    "c.number, 'proposed', '%s', 'patient_name', i.id, 'x', 'hand', '', 'tester' FROM cases c JOIN institutions i ON i.office_id = c.office_id "
                    "WHERE c.office_id = '%s' ORDER BY c.number, i.id LIMIT 1" % (name, office))
        for sheet, form, number in desk.query("SELECT id, form, case_number FROM sheets WHERE office_id = ?", office):
            if form == "referral-status":
                desk.run("sheet", "set", str(sheet), "patient_name", name, "--by", "tester")
                check(number, "sheet %s of %s has no case" % (sheet, office))
    for name, office in (("here", OURS), ("there", THEIRS)):
        desk.account(name, "--office", office)


def main():
    test_same_routes()
    test_blocks_are_sorted()
    with Desk() as desk:
        seed(desk)
        desk.open_desk()
        for office in (OURS, THEIRS):  # as casework would have planned it
            desk.change("INSERT INTO inquiries (office_id, case_number, hospital, recipient, since, round, state, day, due, created, by) SELECT "
                        "office_id, number, '病院', '', '2026-11-01', 1, 'held', '2026-11-25', '', '2026-11-25T00:00:00.000Z', 'casework' "
                        "FROM cases WHERE office_id = '%s' LIMIT 1" % office)
        matrix = Matrix(desk)
        for name, test in list(vars(Matrix).items()):  # in this order: what changes something comes last
            if name.startswith("test_"):
                began = time.monotonic()
                test(matrix)
                print("%-32s %5.1f s" % (name, time.monotonic() - began), flush=True)
        check(desk.close_desk() == 0, "the desk did not end well")
        desk.run("audit", "verify")
        for method, path, _, _ in operations():
            if method == "GET" and not path.endswith(("/events", "/session")):
                check((method, path) in matrix.seen, "%s %s was never answered with success" % (method, path))
    finish()


if __name__ == "__main__":
    main()
