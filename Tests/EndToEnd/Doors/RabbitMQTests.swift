import Foundation
import Testing

/// A real RabbitMQ that asks a real authhost, as `examples/rabbitmq` configures both, each on ports that were free.
final class Broker {
    let folder: Folder
    let amqp: UInt16
    let mqtt: UInt16
    let control: String
    private(set) var authhost: ChildProcess
    private let configuration: String
    private let portMapper: ChildProcess
    private let server: ChildProcess

    init() throws {
        let folder = try Folder()
        self.folder = folder
        let ports = try (0..<5).map { _ in try Place.freePort() }
        (amqp, mqtt) = (ports[0], ports[1])
        control = folder.path("control.sock")
        func copy(_ name: String) throws -> String {
            try folder.write(
                Place.text("examples/rabbitmq/\(name)").replacing("127.0.0.1:5672", with: "127.0.0.1:\(ports[0])")
                    .replacing("127.0.0.1:1883", with: "127.0.0.1:\(ports[1])")
                    .replacing("127.0.0.1:8086", with: "127.0.0.1:\(ports[2])"), to: name)
        }
        configuration = try copy("authhost.conf")
        for name in ["users.xml", "rabbitmq.conf", "enabled_plugins"] { _ = try copy(name) }
        authhost = try Self.start(configuration)
        portMapper = try ChildProcess(["epmd", "-address", "127.0.0.1", "-port", "\(ports[3])"])
        let variables = [
            "BASE": "", "MNESIA_BASE": "/mnesia", "LOG_BASE": "/log", "CONFIG_FILE": "/rabbitmq.conf",
            "ENABLED_PLUGINS_FILE": "/enabled_plugins", "PID_FILE": "/pid", "GENERATED_CONFIG_DIR": "/generated",
            "CONF_ENV_FILE": "/none", "ADVANCED_CONFIG_FILE": "/none.config",
        ]
        var environment = [
            "HOME": folder.path, "ERL_EPMD_PORT": "\(ports[3])", "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "authhost-\(ports[4])@localhost", "RABBITMQ_DIST_PORT": "\(ports[4])",
            "RABBITMQ_LOGS": "-",
        ]
        for (name, path) in variables { environment["RABBITMQ_\(name)"] = folder.path + path }
        server = try ChildProcess([RealProgram.rabbitmq.path], directory: folder.path, environment: environment)
        try server.wait(for: "Server startup complete", seconds: 120)
    }

    deinit {
        // The virtual machine of Erlang, which its script waits for.
        let text = try? String(contentsOfFile: folder.path("pid"), encoding: .utf8)
        if let pid = text.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
            kill(pid, SIGTERM)
            _ = try? server.finish()
        }
    }

    private static func start(_ configuration: String) throws -> ChildProcess {
        let authhost = try ChildProcess([Place.binary("authhost"), "serve", "-c", configuration])
        try authhost.wait(for: "door broker: listening")
        return authhost
    }

    func stopAuthhost() throws {
        authhost.terminate()
        _ = try authhost.finish()
    }

    func startAuthhost() throws { authhost = try Self.start(configuration) }

    /// What was said until now, for messages of tests.
    var seen: String { authhost.seen + server.seen.suffix(4_000) }

    func eject(_ user: String) throws -> Ending {
        try AuthHost.run(["session", "eject", "--user", user, "--socket", control])
    }

    /// Publishes over MQTT; the status that mosquitto_pub ends with.
    func publish(_ topic: String, _ user: String, _ password: String, id: String) throws -> Int32 {
        try ChildProcess.run([
            "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(mqtt)", "-u", user, "-P", password, "-i", id, "-q", "1",
            "-t", topic, "-m", "1",
        ]).status
    }

    /// Runs steps of pika, each a line: `connect USER PASSWORD`, and over the last connection `declare QUEUE`, `send QUEUE`,
    /// `publish KEY`, `publish-until-refused PREFIX`, `wait FILE`. What became of each is a line too: `ok`, or the code of the refusal.
    func pika(_ steps: String...) throws -> ChildProcess {
        let script = try folder.write(Self.script, to: "steps.py")
        return try ChildProcess(
            [RealProgram.pika.path, "-u", script, "\(amqp)"], input: steps.joined(separator: "\n") + "\n",
            environment: ["HOME": folder.path])
    }

    private static let script = """
        import os, sys, time, pika
        parameters = lambda user, password: pika.ConnectionParameters(
            '127.0.0.1', int(sys.argv[1]), '/', pika.PlainCredentials(user, password))
        connection = None
        def publish(exchange, key):
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(exchange, key, b'1')
            channel.close()
        def until_refused(prefix):
            print('publishing')
            for number in range(1200):
                publish('amq.topic', prefix + str(number))
                time.sleep(0.05)
        def step(words):
            global connection
            what, words = words[0], words[1:]
            if what == 'connect':
                connection = pika.BlockingConnection(parameters(*words))
            elif what == 'declare':
                connection.channel().queue_declare(words[0])
            elif what == 'send':
                publish('', words[0])
            elif what == 'publish':
                publish('amq.topic', words[0])
            elif what == 'wait':
                print('waiting')
                while not os.path.exists(words[0]):
                    connection.sleep(0.05)
            else:
                until_refused(words[0])
        for line in sys.stdin:
            try:
                step(line.split())
                print(line.strip(), 'ok')
            except pika.exceptions.ConnectionClosedByBroker as error:
                print(line.strip(), 'connection', error.reply_code)
            except pika.exceptions.ChannelClosedByBroker as error:
                print(line.strip(), 'channel', error.reply_code)
            except pika.exceptions.ProbableAuthenticationError as error:
                print(line.strip(), 'login refused')
            except pika.exceptions.AMQPError as error:
                print(line.strip(), type(error).__name__)
        print('end')
        """
}

@Suite(.needs(.rabbitmq, .epmd, .pika, .mosquitto), .serialized) struct RabbitMQTests {
    private let broker: Broker

    init() throws { broker = try Broker() }

    private func results(_ client: ChildProcess) throws -> [String] {
        try client.finish().output.split(separator: "\n").map(String.init)
    }

    @Test func `gives each client what authhost says of it`() throws {
        let client = try broker.pika(
            "connect alice looking-glass", "connect mallory wonderland", "connect alice wonderland", "declare alice",
            "send alice", "publish FX.EUR", "publish EQ.EUR", "declare bob")
        #expect(
            try results(client) == [
                "connect alice looking-glass login refused", "connect mallory wonderland login refused",
                "connect alice wonderland ok", "declare alice ok", "send alice ok", "publish FX.EUR ok",
                "publish EQ.EUR channel 403", "declare bob channel 403", "end",
            ], "\(broker.seen)")
        // MQTT: allowed, wrong password, and what may not be published, which closes the connection.
        #expect(try broker.publish("FX/EUR", "alice", "wonderland", id: "alice") == 0, "\(broker.seen)")
        #expect(try broker.publish("FX/EUR", "alice", "looking-glass", id: "alice") == 4)
        #expect(try broker.publish("EQ/EUR", "alice", "wonderland", id: "alice") == 7)
        try overLimit()
        try ejected()
    }

    /// bob may have one session. The same client may come back; another one may not come in, until the first is gone.
    private func overLimit() throws {
        let subscribed = { [broker] id in
            try ChildProcess.run(
                [
                    "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(broker.mqtt)", "-u", "bob", "-P", "builder", "-i", id,
                    "-q", "1", "-t", "FX/EUR", "-E",
                ]
            ).status
        }
        #expect(try subscribed("bob") == 0, "\(broker.seen)")
        #expect(try subscribed("bob") == 0, "\(broker.seen)")
        #expect(try subscribed("second") == 4, "\(broker.seen)")
        #expect(try results(broker.pika("connect bob builder")).first == "connect bob builder login refused")
        #expect(try broker.eject("bob").status == 0)
        #expect(try results(broker.pika("connect bob builder")).first == "connect bob builder ok", "\(broker.seen)")
    }

    /// A connection that is open loses its rights at once, and gets them back by a new log-in alone.
    private func ejected() throws {
        let client = try broker.pika("connect alice wonderland", "publish-until-refused FX.", "publish FX.later")
        try client.wait(for: "publishing")
        #expect(try broker.eject("alice").status == 0)
        #expect(
            try results(client) == [
                "connect alice wonderland ok", "publishing", "publish-until-refused FX. channel 403",
                "publish FX.later channel 403", "end",
            ], "\(broker.seen)")
        let again = try broker.pika("connect alice wonderland", "publish FX.again")
        #expect(try results(again) == ["connect alice wonderland ok", "publish FX.again ok", "end"])
    }

    @Test func `lets no user in and nothing be done while authhost has gone, and goes on when it is back`() throws {
        let kept = try broker.pika("connect alice wonderland", "wait \(broker.folder.path("back"))", "publish FX.kept")
        try kept.wait(for: "waiting")
        let client = try broker.pika(
            "connect alice wonderland", "publish-until-refused FX.", "connect alice wonderland")
        try client.wait(for: "publishing")
        try broker.stopAuthhost()
        #expect(
            try results(client) == [
                "connect alice wonderland ok", "publishing", "publish-until-refused FX. channel 403",
                "connect alice wonderland login refused", "end",
            ], "\(broker.seen)")
        try broker.startAuthhost()
        try broker.folder.write("", to: "back")
        // The module takes back a user whose connection has outlived authhost.
        #expect(try results(kept).dropFirst(3) == ["publish FX.kept ok", "end"], "\(broker.seen)")
    }
}
