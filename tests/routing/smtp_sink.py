#!/usr/bin/env python3
"""SMTP sink for tests: smtp_sink.py DIR [CERT KEY [implicit]]

Listens on 127.0.0.1 at a free port, writes the port into DIR/port, and every message into DIR/N.eml with its envelope.
The recipient's name chooses the fault: hard 550, full 452, grey 451 once, cut (closes before the text is whole), dropack
(keeps the message, closes without an answer), late451 and late550 (the answer to the text), slow (30 s before the answer),
drip (takes the text a byte a second), once (closes the connection after a good answer, as a server does that is idle no longer).
DIR/connections has one line a connection.
"""
import os
import socketserver
import ssl
import sys
import threading
import time

folder = sys.argv[1]
context = None
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
implicit = "implicit" in sys.argv
count = 0
lock = threading.Lock()
seen = {}


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def secure(self):
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", 0)
        self.wfile = self.connection.makefile("wb", 0)
        self.tls = True

    def handle(self):
        self.tls = False
        with lock, open(os.path.join(folder, "connections"), "a") as out:
            out.write("1\n")
        try:
            if implicit:
                self.secure()
            self.talk()
        except (OSError, ssl.SSLError):
            pass

    def talk(self):
        self.say("220 sink")
        self.sender, self.rcpt = "", []
        while True:
            line = self.rfile.readline()
            if not line:
                return
            text = line.decode("utf-8", "replace").strip()
            verb = text[:4].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if verb == "EHLO":
                for reply in ["250-sink"] + (["250-STARTTLS"] if context and not self.tls else []) + ["250-AUTH PLAIN", "250 8BITMIME"]:
                    self.say(reply)
            elif text.upper() == "STARTTLS":
                self.say("220 go")
                self.secure()
            elif verb == "AUTH" and context and not self.tls:
                self.say("538 5.7.11 encryption required")  # and the password was in clear: the test sees no mail
            elif verb == "AUTH":
                if text.upper() == "AUTH PLAIN":
                    self.say("334 ")
                    text = self.rfile.readline().decode().strip()
                self.say("235 ok" if text.endswith("AHRhc3VraQBzZWNyZXQ=") else "535 5.7.8 wrong")
            elif verb == "MAIL":
                self.sender, self.rcpt = text[10:], []
                self.say("250 ok")
            elif verb == "RCPT":
                self.recipient(text[8:])
            elif verb == "DATA":
                if not self.data():
                    return
            else:
                self.say("250 ok")

    def recipient(self, address):
        if "hard" in address:
            self.say("550 5.1.1 no such user")
        elif "full" in address:
            self.say("452 4.2.2 mailbox full")
        elif "grey" in address and seen.setdefault(address, 0) == 0:
            seen[address] = 1
            self.say("451 4.7.1 try again")
        else:
            self.rcpt.append(address)
            self.say("250 ok")

    def data(self):
        global count
        self.say("354 go")
        who = " ".join(self.rcpt)
        if "cut" in who:
            return False
        if "drip" in who:
            while self.connection.recv(1):
                time.sleep(1)
            return False
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                return False
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        if "late451" in who or "late550" in who:
            self.say("451 4.3.0 later" if "late451" in who else "550 5.7.1 no")
            return True
        with lock:
            count += 1
            number = count
        with open(os.path.join(folder, f"{number}.tmp"), "wb") as out:
            out.write(f"X-From: {self.sender}\r\nX-To: {who}\r\nX-TLS: {self.tls}\r\n".encode() + b"".join(lines))
        os.rename(os.path.join(folder, f"{number}.tmp"), os.path.join(folder, f"{number}.eml"))
        if "dropack" in who:
            return False
        if "slow" in who:
            time.sleep(30)
        self.say("250 2.0.0 queued")
        return "once" not in who


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Session)
with open(os.path.join(folder, "port.tmp"), "w") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.tmp"), os.path.join(folder, "port"))
server.serve_forever()
