import Testing

@testable import AuthConfiguration

@Suite struct ExplainTests {
    private func explain(_ name: String, columns: Int = 80, _ text: String = "", _ arguments: [String] = []) throws
        -> String
    {
        let description = ConfigurationDescription(try load(text, arguments: arguments))
        return try ItemExplanation(name, in: description).text(columns: columns)
    }

    @Test func `explains an item that somebody set`() throws {
        #expect(
            try explain("auth-login-timeout", "auth-login-timeout 10", ["--auth-login-timeout", "5"]) == """
                auth-login-timeout: how long a log-in may take; then it is denied

                takes       a whole number of seconds from 1 to 86400
                default     30
                value       5
                set at      command line: --auth-login-timeout
                            over main.conf:1:1
                changes     at HUP, while authhost runs

                """)
    }

    @Test func `explains a list of rows and a template, within the columns`() throws {
        #expect(
            try explain("object-map", columns: 60, "object-map /A /B\nobject-map \"/C D\" /E") == """
                object-map: renames objects before the module does, the
                first that matches: `%1` to `%9` captures, `%u` user

                takes       a pattern and a replacement
                default     none
                value       /A /B
                            "/C D" /E
                set at      main.conf:1:1
                repeated    adds to what is there
                changes     at HUP, while authhost runs

                """)
        #expect(
            try explain("forward-auth-object").contains(
                "\npercent     `%p`, `%m`, `%h` at every use, `%%` a percent sign\n"))
        #expect(try explain("http-socket").contains("\npercent     `%r` application-root, `%%` a percent sign\n"))
    }

    @Test func `explains a block and its options`() throws {
        #expect(
            try explain("add-cluster-node", columns: 60) == """
                add-cluster-node: a host of the cluster; all hosts list the
                same, in the same order

                takes       no value on the line that opens it
                default     none
                value       (unset)
                set at      default
                repeated    adds to what is there
                changes     at the next start

                options, as `add-cluster-node.OPTION`:
                  cluster-addr  the host's address
                  cluster-port  the host's port

                """)
        #expect(
            try explain("add-authdir.password") == """
                add-authdir.password: their passwords, in the order of the names

                takes       one or more texts
                default     none
                repeated    adds to what is there
                secret      its value is shown nowhere
                changes     at the next start

                """)
        #expect(try explain("add-sigkey.key-id").contains("\nneeded      in every block\n"))
    }

    @Test(arguments: [
        ("http-lisen", "unknown item `http-lisen` (did you mean `http-listen`?)"),
        ("authdir", "unknown item `authdir` (did you mean `add-authdir`?)"),
        (
            "module",
            "unknown item `module`: known names with that word are `auth-module`, `module-pin`, "
                + "`module-pin-required`, `module-queue`, `module-threads`, `add-module-options`, `add-module-test`, "
                + "`auth-module-isolation`, `module-helper-user`, `module-helper-memory`, `module-helper-profile`, "
                + "`module-helper-crashes`, `module-hang-action`, `auth-module-shadow`, `auth-module-shadow-isolation`, "
                + "`auth-module-shadow-queue`, `add-module`"
        ),
        ("frobnicate", "unknown item `frobnicate`"),
        ("authdir.realm", "unknown item `authdir.realm` (did you mean `add-authdir`?)"),
        ("add-authdir.relm", "unknown option `relm` of `add-authdir` (did you mean `add-authdir.realm`?)"),
        (
            "add-cluster-node.x",
            "unknown option `x` of `add-cluster-node`: it has `cluster-addr`, `cluster-port`"
        ),
        ("http-listen.port", "`http-listen` is no block with options of its own: ask for `http-listen`"),
        ("", "unknown item ``"),
    ])
    func `says which name is near`(name: String, message: String) {
        let error = #expect(throws: ItemExplanation.Unknown.self) { try explain(name) }
        #expect(error?.description == message)
    }

    @Test(arguments: ItemDefinition.all, [60, 80, 120])
    func `keeps every line within the columns`(item: ItemDefinition, columns: Int) throws {
        let lines = try explain(item.name, columns: columns).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
    }

    @Test func `shows items in columns, with the place below a value that needs them all`() throws {
        let configuration = try load(
            """
            http-listen 127.0.0.1:8080 127.0.0.1:8081 127.0.0.1:8082 [::1]:8080
            object-map /A /B
            object-map /C /D
            request-log log
            auth-moddir lib
            """, arguments: ["--auth-moddir", "/opt/lib"])
        let description = ConfigurationDescription(configuration)
        let wanted = ["auth-moddir", "http-listen", "http-socket", "request-log", "object-map"]
        let items = description.items.filter { wanted.contains($0.definition.name) }
        #expect(
            ConfigurationDescription.table(items, columns: 70) == """
                auth-moddir  /opt/lib  --auth-moddir
                             (over main.conf:5:1)
                object-map   /A /B     main.conf:2:1
                             /C /D
                http-listen  127.0.0.1:8080 127.0.0.1:8081 127.0.0.1:8082 [::1]:8080
                                       main.conf:1:1
                http-socket  (unset)   default
                request-log  /srv/log  main.conf:4:1
                             (has no effect yet: it waits for the request log)

                """)
        #expect(description.shown(all: true).count == ItemDefinition.all.count)
        #expect(description.shown(all: false).allSatisfy { $0.withoutEffect == nil || $0.source != .builtIn })
        #expect(description.shown(all: false).contains { $0.definition.name == "request-log" })
    }
}
