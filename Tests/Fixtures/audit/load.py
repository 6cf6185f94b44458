# Asks a host from eight connections at once while its audit log is tampered with; prints what each answer was, with its id.
#   load.py SOCKET MISCHIEF LOG
import http.client, json, os, resource, socket, sys, threading

path, mischief, log = sys.argv[1:]

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)

def log_in():
    connection = Connection('authhost')
    body = json.dumps({'user': 'alice', 'password': 'wonderland'})
    for _ in range(200):
        connection.request('POST', '/v1/login', body, {'Content-Type': 'application/json'})
        reply = connection.getresponse()
        answer = json.loads(reply.read())
        if reply.status == 200:
            return answer['session']
    raise SystemExit('no user was let in: %r' % answer)

session = log_in()
if mischief == 'fill':
    # As a full disk, without one: setrlimit(2), RLIMIT_FSIZE.
    resource.prlimit(int(os.environ['HOST']), resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
asked = 0
lock = threading.Lock()
answers = []

def ask(connection):
    global asked
    connection.request('GET', '/v1/check?action=read&object=/FX/A', headers={'Authorization': 'Session ' + session})
    reply = connection.getresponse()
    reply.read()
    with lock:
        asked += 1
        answers.append((reply.status, reply.headers['x-auth-decision-id']))
        number = asked
    if mischief in ('delete', 'rename') and number % 300 == 150:
        # The lines that were there stay under another name.
        other = '%s.%d' % (log, number)
        os.link(log, other) if mischief == 'delete' else os.rename(log, other)
        if mischief == 'delete': os.unlink(log)
    if mischief == 'replace' and number % 300 == 150:
        os.link(log, '%s.%d' % (log, number))
        open(log + '.new', 'w').close()
        os.rename(log + '.new', log)
    if mischief == 'folder' and number % 300 == 150:
        folder = os.path.dirname(log)
        os.rename(folder, '%s.%d' % (folder, number))
        os.mkdir(folder)

def client():
    connection = Connection('authhost')
    for _ in range(int(os.environ.get('COUNT', '200'))): ask(connection)

clients = [threading.Thread(target=client) for _ in range(8)]
for one in clients: one.start()
for one in clients: one.join()
for status, decision in answers: print(status, decision)
