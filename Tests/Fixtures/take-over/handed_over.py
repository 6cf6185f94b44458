"""A host that hands over what it has, which is nothing, until the other process has taken it: then it ends, or its connection alone.

    handed_over.py SOCKET ends|ends-unread|stays|refuses
"""
import os
import select
import socket
import struct
import sys
import time


def frame(number, body=b""):
    return struct.pack("<IB", len(body) + 1, number) + body


def message(connection):
    (length,) = struct.unpack("<I", connection.recv(4, socket.MSG_WAITALL))
    return connection.recv(length, socket.MSG_WAITALL)


path, way = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o600)
listener.listen()
print("listens", flush=True)
connection, _ = listener.accept()
# The other process listens there from now on.
listener.close()
os.unlink(path)
while not connection.recv(4096).endswith(b"\n"):
    pass
connection.sendall(b'{"ok":true,"protocol":1}\n' + frame(4, struct.pack("<I", os.getpid())))
assert message(connection)[0] == 5, "cut"
connection.sendall(frame(10, struct.pack("<I", 0)))
if way == "ends-unread":
    select.select([connection], [], [])
    os._exit(0)
assert message(connection)[0] == 6, "taken"
if way == "ends":
    os._exit(0)
if way == "refuses":
    # It has taken everything back, and ends later for reasons of its own.
    connection.sendall(frame(13, struct.pack("<I", 2) + b"no"))
    connection.close()
    os._exit(0)
connection.close()
print("stays", flush=True)
time.sleep(600)
