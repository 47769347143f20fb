"""Mails as they are met in Japan, made here, each with what must come out of it."""
import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

MAIL_PARTS = os.environ.get("MAIL_PARTS")
TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0" + bytes(range(256)) * 3
TIFF2 = b"MM\0*\0\0\0\x08" + b"second" * 50
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<<>>\n%%EOF\n"
PDF2 = b"%PDF-1.7\nanother\n%%EOF\n"


def png(width, height):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\1\0\0\0\0" + b"x" * 40


def jpeg(width, height):
    return b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 11 + b"\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + b"\3" * 40


PNG, JPEG, LOGO = png(1728, 2292), jpeg(1240, 1754), png(120, 40)
ZIP = b"PK\3\4\x14\0\0\0\x08\0" + b"\0" * 16 + b"\x09\0\0\0fax01.tif" + b"z" * 40
LOCKED = b"PK\3\4\x14\0\x01\0\x08\0" + b"\0" * 16 + b"\x09\0\0\0fax01.tif" + b"z" * 40
DOCX = b"PK\3\4\x14\0\0\0\x08\0" + b"\0" * 16 + b"\x13\0\0\0[Content_Types].xml" + b"z" * 40
EXE = b"MZ\x90\0\3\0\0\0" + b"\0" * 60


def jis(text):
    """ISO-2022-JP as Outlook writes it (CP50221): NEC row 13 and extensions too."""
    out, double = b"", False
    for char in text:
        raw = char.encode("cp932")
        if len(raw) == 2:
            lead, trail = raw
            row = (lead - (0x81 if lead < 0xa0 else 0xc1)) * 2
            if trail >= 0x9f:
                row, cell = row + 1, trail - 0x9f
            else:
                cell = trail - 0x40 - (trail > 0x7f)
            out += (b"" if double else b"\033$B") + bytes([row + 0x21, cell + 0x21])
            double = True
        else:
            out += (b"\033(B" if double else b"") + raw
            double = False
    return out + (b"\033(B" if double else b"")


def b(data, charset):
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(data) + b"?="


def q(data, charset):
    return b"=?" + charset.encode() + b"?Q?" + b"".join(b"=%02X" % c for c in data) + b"?="


def percent(data):
    return b"".join(b"%%%02X" % c for c in data)


def part(data, ctype=b"image/tiff", name=None, disposition=b"attachment", encoding="base64", extra=b""):
    """name: the raw parameter of Content-Disposition, with its own quotes and stars"""
    head = b"Content-Type: " + ctype + b"\r\n" if ctype else b""
    if disposition:
        head += b"Content-Disposition: " + disposition + (b"; " + name if name else b"") + b"\r\n"
    if encoding == "base64":
        head, body = head + b"Content-Transfer-Encoding: base64\r\n", base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "qp":
        body = b"=\r\n".join(b"".join(b"=%02X" % c for c in data[i:i + 20]) for i in range(0, len(data), 20))
        head += b"Content-Transfer-Encoding: Quoted-Printable\r\n"
    else:
        head, body = head + b"Content-Transfer-Encoding: binary\r\n", data
    return head + extra + b"\r\n" + body


def text(body=b"FAX \r\n", charset=b"us-ascii"):
    return b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\n" + body


def multi(*parts, sub=b"mixed", boundary=b"=_next", more=b"", end=True):
    out = b"Content-Type: multipart/" + sub + b'; boundary="' + boundary + b'"' + more + b"\r\n\r\npreamble\r\n"
    for p in parts:
        out += b"--" + boundary + b"\r\n" + p + b"\r\n"
    return out + (b"--" + boundary + b"--\r\n" if end else b"")


def mail(body, subject=b"fax", sender=b"Clinic <fax@clinic.example.jp>", extra=b"", date=b"Fri, 20 Nov 2026 09:30:00 +0900"):
    return (b"Return-Path: <fax@clinic.example.jp>\r\n" + extra + b"From: " + sender + b"\r\nTo: in@tasuki.example\r\nDate: " + date +
            b"\r\nMessage-ID: <m1@clinic.example.jp>\r\nMIME-Version: 1.0\r\nSubject: " + subject + b"\r\n" + body)


def tnef(*attachments, long_name=None, signature=0x223e9f78):
    def attribute(level, ident, data):
        return struct.pack("<BII", level, ident, len(data)) + data + struct.pack("<H", sum(data) & 0xffff)
    out = struct.pack("<IH", signature, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    for name, data in attachments:
        out += attribute(2, 0x00069002, b"\0" * 14) + attribute(2, 0x00018010, name + b"\0") + attribute(2, 0x0006800f, data)
        if long_name:
            wide = (long_name + "\0").encode("utf-16-le")
            pad = b"\0" * (-len(wide) % 4)
            out += attribute(2, 0x00069005, struct.pack("<IHHI", 2, 0x3, 0x3705, 1) +
                             struct.pack("<HHII", 0x1f, 0x3707, 1, len(wide)) + wide + pad)
    return out


def dsn(action, original, status="5.1.1", headers=True):
    report = ("Reporting-MTA: dns; mx.example.jp\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: %s\r\nStatus: %s\r\n"
              % (action, status)).encode()
    returned = ("Message-ID: <%s>\r\nSubject: x\r\n\r\n" % original).encode()
    kind = b"text/rfc822-headers" if headers else b"message/rfc822"
    return multi(text(b"could not be delivered\r\n"), b"Content-Type: message/delivery-status\r\n\r\n" + report,
                 b"Content-Type: " + kind + b"\r\n\r\n" + returned, sub=b"report", more=b"; report-type=delivery-status")


NAME = "紹介患者①髙橋.tif"
CASES = []


def case(what, raw, kind="sheets", sheets=(), held=(), **more):
    """sheets: (name, bytes); held: (name, word of the reason)"""
    CASES.append((what, raw, kind, list(sheets), list(held), more))


def named(what, parameter, want=NAME, ctype=b"image/tiff", disposition=b"attachment"):
    case(what, mail(multi(text(), part(TIFF, ctype, parameter, disposition))), sheets=[(want, TIFF)])


one = lambda *p, **k: multi(text(), *p, **k)
u8, sj, iso, euc = NAME.encode(), NAME.encode("cp932"), jis(NAME), "紹介患者.tif".encode("euc-jp")
named("ASCII name", b'filename="fax001.tif"', "fax001.tif")
named("name without quotes", b"filename=fax001.tif", "fax001.tif")
named("raw UTF-8 name", b'filename="' + u8 + b'"')
named("raw Shift_JIS name", b'filename="' + sj + b'"')
named("raw ISO-2022-JP name with NEC characters", b'filename="' + iso + b'"')
named("raw EUC-JP name", b'filename="' + euc + b'"', "紹介患者.tif")
named("Shift_JIS with backslash as second byte", b'filename="' + "表示能ソ.tif".encode("cp932") + b'"', "表示能ソ.tif")
named("encoded word in quotes", b'filename="' + b(u8, "UTF-8") + b'"')
named("encoded word, ISO-2022-JP-MS", b'filename="' + b(iso, "ISO-2022-JP") + b'"')
named("encoded word, CP50221", b'filename="' + b(iso, "CP50221") + b'"')
named("encoded word, Windows-31J", b'filename="' + q(sj, "Windows-31J") + b'"')
named("two encoded words split in a character", b'filename="' + b(u8[:4], "utf-8") + b"\r\n " + b(u8[4:], "utf-8") + b'"')
named("two encoded words split in an ISO-2022-JP run", b'filename="' + b(iso[:6], "iso-2022-jp") + b"\r\n " + b(iso[6:], "iso-2022-jp") + b'"')
named("encoded word without quotes", b"filename=" + b(u8, "UTF-8"))
named("RFC 2231, UTF-8", b"filename*=UTF-8''" + percent(u8))
named("RFC 2231, Shift_JIS and language", b"filename*=Shift_JIS'ja'" + percent(sj))
named("RFC 2231, ISO-2022-JP", b"filename*=ISO-2022-JP''" + percent(iso))
named("RFC 2231 in pieces", b"filename*0*=UTF-8''" + percent(u8[:5]) + b";\r\n filename*1*=" + percent(u8[5:]))
named("RFC 2231 pieces out of order", b"filename*1*=" + percent(u8[5:]) + b"; filename*0*=UTF-8''" + percent(u8[:5]))
named("RFC 2231 pieces split in an ISO-2022-JP run", b"filename*0*=ISO-2022-JP''" + percent(iso[:8]) + b";\r\n filename*1*=" + percent(iso[8:]))
named("RFC 2231 mixed pieces", b"filename*0*=UTF-8''" + percent("紹介".encode()) + b'; filename*1="01.tif"', "紹介01.tif")
named("RFC 2231 and plain: the better one", b'filename="??.tif"; filename*=UTF-8\'\'' + percent(u8))
named("RFC 2047 inside RFC 2231", b"filename*=UTF-8''" + percent(b(u8, "UTF-8")))
named("RFC 2231 without charset", b"filename*=" + percent(u8))
named("name only in Content-Type", None, ctype=b'image/tiff; name="' + b(sj, "Shift_JIS") + b'"')
named("no name at all", None, "")
named("wrong type: octet-stream", b"filename=a.dat", "a.dat", b"application/octet-stream")
named("wrong type: text/plain", b"filename=a.txt", "a.txt", b"text/plain")
named("no type", b"filename=a.tif", "a.tif", b"")
named("inline", b"filename=a.tif", "a.tif", disposition=b"inline")
named("no disposition", None, "", disposition=b"")
named("charset label lies (UTF-8 as us-ascii)", b'filename="' + b(u8, "us-ascii") + b'"')
named("charset label lies (UTF-8 as ISO-8859-1)", b'filename="' + b(u8, "iso-8859-1") + b'"')
named("path in the name stays a name", b'filename="../../etc/passwd.tif"', "../../etc/passwd.tif")
named("half-width kana in 7 bits", b'filename="' + b(b"\033(I8@\033(B.tif", "iso-2022-jp") + b'"', b"\xb8\xc0.tif".decode("cp932"))
named("JIS X 0212", b'filename="' + b(b"\033$(D0!\033(B.tif", "iso-2022-jp-1") + b'"', b"\x8f\xb0\xa1.tif".decode("euc-jp"))
for what, raw in (("UTF-8 B", b(u8, "UTF-8")), ("raw Shift_JIS", sj), ("raw ISO-2022-JP", iso), ("raw UTF-8", u8),
                  ("ISO-2022-JP in two words", b(iso[:10], "ISO-2022-JP") + b"\r\n " + b(iso[10:], "ISO-2022-JP"))):
    case("subject " + what, mail(one(part(TIFF, name=b"filename=a.tif")), subject=raw), sheets=[("a.tif", TIFF)], subject=NAME)
case("sender with Japanese display name", mail(one(part(PDF, b"application/pdf", b"filename=a.pdf")),
     sender=b('東成クリニック'.encode(), "UTF-8") + b" <info@higashi.example.jp>"), sheets=[("a.pdf", PDF)], **{"from": "info@higashi.example.jp"})
case("address of a phone mail with dots", mail(one(part(JPEG, b"image/jpeg", b"filename=1.jpg")), sender=b"a..b.@docomo.example"),
     sheets=[("1.jpg", JPEG)], **{"from": "a..b.@docomo.example"})
case("date with a zone name", mail(one(part(TIFF)), date=b"Fri, 20 Nov 2026 00:30:00 GMT"), sheets=[("", TIFF)], date_ms=1795134600000)
case("date in Japan", mail(one(part(TIFF))), sheets=[("", TIFF)], date_ms=1795134600000)
case("body is the fax", mail(part(TIFF, name=b"filename=a.tif")), sheets=[("a.tif", TIFF)])
case("quoted-printable TIFF", mail(one(part(TIFF, encoding="qp"))), sheets=[("", TIFF)])
case("binary TIFF", mail(one(part(TIFF, encoding="binary"))), sheets=[("", TIFF)])
case("LF line ends", mail(one(part(TIFF))).replace(b"\r\n", b"\n"), sheets=[("", TIFF)])
case("last boundary missing", mail(one(part(TIFF), end=False)), sheets=[("", TIFF)])
case("boundary parameter missing", mail(one(part(TIFF))).replace(b'; boundary="=_next"', b""), sheets=[("", TIFF)])
case("HylaFAX: the same fax twice", mail(one(part(PDF, b"application/pdf", b"filename=fax003.pdf"), part(TIFF, name=b"filename=fax003.tif")),
     sender=b"HylaFAX Agent <fax@clinic.example.jp>", extra=b"Auto-Submitted: auto-generated\r\n"), sheets=[("fax003.tif", TIFF)], twins=1)
case("two different documents stay two", mail(one(part(PDF, b"application/pdf", b"filename=a.pdf"), part(TIFF, name=b"filename=b.tif"))),
     sheets=[("a.pdf", PDF), ("b.tif", TIFF)])
case("the same bytes twice", mail(one(part(PDF, b"application/pdf", b"filename=a.pdf"), part(PDF, b"application/pdf", b"filename=b.pdf"))),
     sheets=[("a.pdf", PDF)], twins=1)
case("three attachments", mail(one(part(TIFF), part(PNG, b"image/png"), part(PDF2, b"application/pdf"))), sheets=[("", TIFF), ("", PNG), ("", PDF2)])
case("T.37 Panasonic", mail(one(part(TIFF, b"image/tiff; application=faxbw")), subject=b"IMAGE from Internet FAX",
     extra=b"X-Mailer: Internet FAX, Panasonic\r\nDisposition-Notification-To: fax@clinic.example.jp\r\n"), sheets=[("", TIFF)])
case("T.37 Ricoh", mail(one(part(TIFF, b'image/tiff; name="00001234.TIF"')), subject=b"From 0661234567 (Fax Message No. 1234)"), sheets=[("00001234.TIF", TIFF)])
case("eFax", mail(one(part(PDF, b"application/pdf", b'filename="FAX_20261120.pdf"')), subject=b"eFax from NAME - 1 page(s), caller ID: 06-1234-5678"),
     sheets=[("FAX_20261120.pdf", PDF)])
case("logo in the signature", mail(one(multi(text(), part(LOGO, b"image/png", b"filename=logo.png", b"inline", extra=b"Content-ID: <l>\r\n"), sub=b"related", boundary=b"r1"),
     part(PDF, b"application/pdf", b"filename=a.pdf"))), sheets=[("a.pdf", PDF)], decor=1)
case("only a logo", mail(one(part(LOGO, b"image/png", b"filename=logo.png", b"inline"))), "no_sheet", decor=1)
case("photo of a sheet inside HTML", mail(multi(text(b"<img src=cid:x>", b"utf-8"), part(JPEG, b"image/jpeg", disposition=b"inline"), sub=b"related")), sheets=[("", JPEG)])
case("forwarded as message/rfc822", mail(one(b"Content-Type: message/rfc822\r\n\r\n" + mail(one(part(TIFF, name=b"filename=in.tif"), boundary=b"inner")))), sheets=[("in.tif", TIFF)])
case("forwarded as a base64 .eml", mail(one(part(mail(one(part(TIFF, name=b"filename=in.tif"), boundary=b"inner")), b"application/octet-stream", b"filename=fw.eml"))), sheets=[("in.tif", TIFF)])
case("forwarded twice", mail(one(b"Content-Type: message/rfc822\r\n\r\n" + mail(multi(b"Content-Type: message/rfc822\r\n\r\n" + mail(part(PDF, b"application/pdf")), boundary=b"in2")))), sheets=[("", PDF)])
case("winmail.dat", mail(one(part(tnef((b"fax.tif", TIFF)), b"application/ms-tnef", b"filename=winmail.dat"))), sheets=[("fax.tif", TIFF)])
case("winmail.dat with two and a long name", mail(one(part(tnef((b"A.TIF", TIFF), (b"B.PDF", PDF), long_name="紹介状.tif"), b"application/octet-stream", b"filename=winmail.dat"))),
     sheets=[("紹介状.tif", TIFF)], twins=1)
case("winmail.dat with nothing in it", mail(one(part(tnef(), b"application/ms-tnef", b"filename=winmail.dat"))), held=[("winmail.dat", "no attachment")])
case("winmail.dat cut off", mail(one(part(tnef((b"fax.tif", TIFF))[:-100], b"application/ms-tnef", b"filename=winmail.dat"))), held=[("winmail.dat", "damaged")])
case("ZIP with a password", mail(one(part(LOCKED, b"application/zip", b"filename=a.zip"))), held=[("a.zip", "password")])
case("ZIP named as PDF", mail(one(part(ZIP, b"application/pdf", b"filename=a.pdf"))), held=[("a.pdf", "ZIP archive")])
case("program named as PDF", mail(one(part(EXE, b"application/pdf", b"filename=a.pdf"))), held=[("a.pdf", "is a program")])
case("script", mail(one(part(b"WScript.Echo 1\r\n", b"text/plain", b"filename=fax.js"))), held=[("fax.js", "script")])
case("Office document beside a fax", mail(one(part(DOCX, b"application/msword", b"filename=a.docx"), part(TIFF))), sheets=[("", TIFF)], held=[("a.docx", "Office")])
case("empty attachment", mail(one(part(b"", b"application/pdf", b"filename=a.pdf"))), held=[("a.pdf", "without content")])
case("unknown binary", mail(one(part(b"\1\2\3\0\5" * 30, b"application/octet-stream", b"filename=a.bin"))), held=[("a.bin", "kind")])
case("S/MIME signature is no document", mail(one(part(TIFF), part(b"\x30\x82\1\2\0", b"application/pkcs7-signature", b"filename=smime.p7s"), sub=b"signed")), sheets=[("", TIFF)])
case("a letter", mail(text(jis("お世話になっております。") + b"\r\n", b"ISO-2022-JP")), "no_sheet")
case("a letter in HTML alternative", mail(multi(text(), b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>x</p>", sub=b"alternative")), "no_sheet")
case("vacation reply", mail(text(), extra=b"Auto-Submitted: auto-replied\r\n", subject=b(u8, "utf-8")), "auto")
case("old vacation reply", mail(text(), extra=b"Precedence: auto_reply\r\n"), "auto")
case("read receipt", mail(multi(text(), b"Content-Type: message/disposition-notification\r\n\r\nDisposition: x\r\n", sub=b"report", more=b"; report-type=disposition-notification")), "auto")
case("automatic mail that carries a fax", mail(one(part(TIFF)), extra=b"Auto-Submitted: auto-generated\r\n"), sheets=[("", TIFF)])
case("bounce", mail(dsn("failed", "01NOTICE@tasuki.example"), sender=b"MAILER-DAEMON@mx.example.jp"), "bounce", original="01NOTICE@tasuki.example", status="5.1.1", delivered=False)
case("bounce with the whole message", mail(dsn("failed", "01NOTICE@tasuki.example", "4.4.7", headers=False), sender=b"postmaster@mx.example.jp"), "bounce", original="01NOTICE@tasuki.example", status="4.4.7", delivered=False)
case("delay report", mail(dsn("delayed", "01NOTICE@tasuki.example", "4.4.1")), "bounce", original="01NOTICE@tasuki.example", delivered=True)
case("qmail bounce", mail(text(b"Hi. This is the qmail-send program.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <a@b>\r\nMessage-ID: <01Q@tasuki.example>\r\n\r\nx\r\n"),
     sender=b"MAILER-DAEMON@q.example.jp"), "bounce", original="01Q@tasuki.example")
case("Exim bounce", mail(text(b"This message was created automatically.\r\n\r\n------ This is a copy\r\n\r\nMessage-ID: <01E@tasuki.example>\r\n"), extra=b"X-Failed-Recipients: a@b.example\r\n"), "bounce", original="01E@tasuki.example")
NOTICE = "01KAZ3M8Q4W5X6Y7Z8A9B0C1D2"
case("bounce to a return path of ours, without what came back", mail(dsn("failed", ""), sender=b"MAILER-DAEMON@mx.example.jp",
     extra=b"Delivered-To: bounces+01kaz3m8q4w5x6y7z8a9b0c1d2@tasuki.example\r\n"), "bounce", notice=NOTICE, original="", status="5.1.1")
case("telephone company's bounce in plain text", mail(text("ご指定の宛先にお届けできませんでした。\r\n550 5.1.1 unknown user\r\n".encode("iso-2022-jp"), b"iso-2022-jp"),
     sender=b"mail-daemon@docomo.example", extra=b"X-Original-To: <bounces+" + NOTICE.encode() + b"@tasuki.example>\r\n"), "bounce", notice=NOTICE, status="5.1.1")
case("Exchange: a postmaster's report", mail(dsn("failed", "01NOTICE@tasuki.example", "5.4.1"), sender=b"postmaster@clinic.example.onmicrosoft.com"),
     "bounce", original="01NOTICE@tasuki.example", status="5.4.1", delivered=False)
case("a postmaster who writes a letter", mail(text(), sender=b"postmaster@clinic.example.jp"), "no_sheet", notice="")
case("a postmaster who answers a return path", mail(text(b"552 5.2.2 mailbox full\r\n"), sender=b"Postmaster@au.example",
     extra=b"Delivered-To: bounces+" + NOTICE.encode() + b"@tasuki.example\r\n"), "bounce", notice=NOTICE, status="5.2.2")
case("report of success", mail(dsn("delivered", "01NOTICE@tasuki.example", "2.0.0")), "bounce", delivered=True)
case("numbers that are no status", mail(text(b"10.5.1.1 and 5.1 and 1234.5.1.1 at version 5.10.1.2\r\n"), sender=b"MAILER-DAEMON@mx.example.jp"), "bounce", status="")
case("vacation reply to a return path", mail(text(), extra=b"Auto-Submitted: auto-replied\r\nDelivered-To: bounces+" + NOTICE.encode() + b"@tasuki.example\r\n"), "auto")
case("our own alert in an office's mailbox", mail(text(), extra=b"Auto-Submitted: auto-generated\r\n"), "auto")
case("X-Autoreply", mail(text(), extra=b"X-Autoreply: yes\r\n"), "auto")
case("Auto-Submitted: no", mail(text(), extra=b"Auto-Submitted: no\r\n"), "no_sheet")
case("a piece of a divided mail", mail(b'Content-Type: message/partial; id="x@mfp"; number=1; total=3\r\n\r\n' + mail(one(part(TIFF)))), held=[("", "divided")])
case("encrypted by S/MIME", mail(part(b"\x30\x80\x06\x09" + bytes(60), b"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m")), held=[("smime.p7m", "S/MIME")])
case("encrypted by PGP", mail(multi(b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
     part(b"-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----\n", b"application/octet-stream", b"filename=encrypted.asc"), sub=b"encrypted")), held=[("encrypted.asc", "PGP")])
case("photo of a telephone in HEIC", mail(one(part(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), b"image/heic", b"filename=IMG_0001.HEIC"))), held=[("IMG_0001.HEIC", "HEIC")])
case("DocuWorks", mail(one(part(b"\x60\x0e\x82\x83" + bytes(range(60)), b"application/vnd.fujifilm.fb.docuworks", b"filename=a.xdw"))), held=[("a.xdw", "DocuWorks")])
case("PDF with a password", mail(one(part(PDF + b"/Encrypt 5 0 R", b"application/pdf", b"filename=a.pdf"))), sheets=[("a.pdf", PDF + b"/Encrypt 5 0 R")])
case("ZIP with a password inside a forwarded mail", mail(one(b"Content-Type: message/rfc822\r\n\r\n" + mail(one(part(LOCKED, b"application/zip", b"filename=a.zip"), boundary=b"inner")))), held=[("a.zip", "password")])
case("shortcut named as a sheet", mail(one(part(b"L\0\0\0\x01\x14\x02\0" + bytes(70), b"image/tiff", b"filename=fax.tif"))), held=[("fax.tif", "shortcut")])
case("appointment and card are no documents", mail(multi(text(), b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
     part(b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"text/vcard", b"filename=a.vcf"))), "no_sheet")
case("base64 in one line, without padding, with rubbish behind it", mail(multi(text(), b"Content-Type: image/tiff\r\nContent-Transfer-Encoding: base64\r\n\r\n"
     + base64.b64encode(TIFF).rstrip(b"=") + b"\r\n")), sheets=[("", TIFF)])
case("encoding in capitals with a comment", mail(multi(text(), b"Content-Type: IMAGE/TIFF\r\nContent-Transfer-Encoding: BASE64 (as usual)\r\n\r\n" + base64.encodebytes(TIFF))), sheets=[("", TIFF)])
case("a letter is shown in its own words", mail(text(jis("お世話になっております。①髙橋") + b"\r\n", b"ISO-2022-JP")), "no_sheet", text="お世話になっております。①髙橋")
case("a letter in Shift_JIS under a wrong name", mail(text("拝啓　〜②".encode("cp932") + b"\r\n", b"us-ascii")), "no_sheet", text="拝啓　")
case("a letter in HTML only", mail(b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
     "<style>p{x:y}</style><p>一行目<br>二行目 &amp; &lt;x&gt;</p><script>alert(1)</script>終".encode())), "no_sheet", text="一行目\n二行目 & <x>\n終")
case("of two kinds of words the plain ones", mail(multi(b"Content-Type: text/html; charset=utf-8\r\n\r\n<b>tags</b>", text(b"plain words\r\n"), sub=b"alternative")), "no_sheet", text="plain words")
case("an attached text is not the letter", mail(one(part(b"attached words\r\n", b"text/plain", b"filename=a.txt"))), "no_sheet", text="FAX")
case("empty message", b"", "no_sheet")
case("no header", b"\r\nhello", "no_sheet")
case("NUL bytes everywhere", b"\0" * 5000, "no_sheet")
for field in (b"From", b"To", b"Content-Type", b"Content-Disposition", b"Message-ID", b"Date"):
    case("200,000 parentheses in " + field.decode(), mail(one(part(TIFF)), extra=field + b": " + b"(" * 200000 + b"\r\n"),
         "no_sheet" if field == b"Content-Type" else "sheets", [] if field == b"Content-Type" else [("", TIFF)])
case("header beyond the limit", mail(one(part(TIFF)), extra=b"X: " + b"(" * 300000 + b"\r\n"), "broken", reason="header")
case("100,000 fields", mail(one(part(TIFF)), extra=b"X: y\r\n" * 100000), "broken", reason="header")
deep = part(TIFF)
for level in range(1000):
    deep = multi(deep, boundary=b"b%d" % level)
case("1,000 multiparts deep", mail(deep), "broken", reason="nested")
deep = text()
for level in range(1000):
    deep = b"Content-Type: message/rfc822\r\n\r\n" + deep
case("1,000 messages deep", mail(deep), "broken", reason="nested")
case("10,000 parts", mail(multi(*[text()] * 10000)), "broken", reason="parts")
case("150 attachments", mail(multi(*[part(TIFF + b"%d" % i) for i in range(150)])), "broken", reason="attachments")


def differs(got, kind, sheets, held, more):
    want = [(name, hashlib.sha256(data).hexdigest()) for name, data in sheets]
    found = [(p["name"], p["sha256"]) for p in got["parts"] if not p["held"]]
    kept = [p for p in got["parts"] if p["held"]]
    if got["kind"] != kind:
        return "is %s (%s), not %s" % (got["kind"], got["reason"], kind)
    if found != want:
        return "sheets %s, not %s" % (found, want)
    if len(kept) != len(held) or any(p["name"] != n or r not in p["reason"] for p, (n, r) in zip(kept, held)):
        return "held %s, not %s" % (kept, held)
    for key, value in more.items():
        if (value not in got[key]) if key == "reason" or (key == "text" and value) else (got[key] != value):
            return "%s is %r, not %r" % (key, got[key], value)
    return None


def main():
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (what, raw, *_) in enumerate(CASES):
            paths.append(pathlib.Path(folder) / ("%03d.eml" % number))
            paths[-1].write_bytes(raw)
        done = subprocess.run([MAIL_PARTS, *map(str, paths)], capture_output=True, check=False)
        lines = done.stdout.decode().splitlines()
        if done.returncode != 0 or len(lines) != len(CASES):
            print("mail_parts:", done.returncode, len(lines), "of", len(CASES), done.stderr.decode()[-2000:])
            sys.exit(1)
        for line, (what, _, kind, sheets, held, more) in zip(lines, CASES):
            trouble = differs(json.loads(line), kind, sheets, held, more)
            if trouble:
                failures += 1
                print("FAILED: %s: %s" % (what, trouble))
        small = [str(path) for path in paths if path.stat().st_size < 20000]
        harmed = subprocess.run([MAIL_PARTS, "--damage", os.environ.get("TASUKI_MAIL_DAMAGES", "100"), *small], capture_output=True, check=False)
        if harmed.returncode != 0:
            failures += 1
            print("FAILED: damaged mails:", harmed.returncode, harmed.stderr.decode()[-3000:])
    print("%d messages, %d failures" % (len(CASES), failures))
    sys.exit(1 if failures or len(CASES) < 60 else 0)


if __name__ == "__main__":
    main()
