"""Opens sockets as a service manager does, and passes them to a program that it starts twice.

  manager.py UNIX-SOCKET TCP-PORT-FILE PROGRAM ARGUMENTS…

`{port}` in an argument stands for the TCP port, which the system chooses. Says what a client gets which connects while no program runs, and
one at the other socket. Ends the programs by their process ids.
"""
import os
import signal
import socket
import sys

path, port_file, program = sys.argv[1], sys.argv[2], sys.argv[3:]
local = socket.socket(socket.AF_UNIX)
local.bind(path)
network = socket.create_server(("127.0.0.1", 0), backlog=64)
local.listen(64)
port = network.getsockname()[1]
with open(port_file, "w") as file:
    file.write(str(port))
program = [word.replace("{port}", str(port)) for word in program]


def start():
    def pass_sockets():
        # Above all others first, so that none is overwritten.
        high = [os.dup2(sock.fileno(), 100 + index) for index, sock in enumerate((local, network))]
        for index, descriptor in enumerate(high):
            os.dup2(descriptor, 3 + index)
            os.close(descriptor)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.environ["LISTEN_FDS"] = "2"

    def run():
        pass_sockets()
        os.execvp(program[0], program)

    child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(127)
    return child


def ask(sock):
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


def ended(child):
    """Says how a program ended; None while it runs."""
    found, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def answer(sock, child):
    sock.settimeout(1)
    data = b""
    while True:
        try:
            piece = sock.recv(4096)
        except TimeoutError:
            if (status := ended(child)) is not None:
                sys.exit(f"it ended with {status}")
            continue
        if not piece:
            return data.split(b"\r\n")[0].decode() or "no answer"
        data += piece


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    ask(client)
    return client


first = start()
print("first:", answer(connect(), first), flush=True)
os.kill(first, signal.SIGTERM)
print("ended:", os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]), flush=True)
early = connect()
second = start()
print("early:", answer(early, second), flush=True)
late = socket.create_connection(("127.0.0.1", port))
ask(late)
print("network:", answer(late, second), flush=True)
os.kill(second, signal.SIGTERM)
print("ended:", os.waitstatus_to_exitcode(os.waitpid(second, 0)[1]), flush=True)
print("still there:", os.path.exists(path), flush=True)
