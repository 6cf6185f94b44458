import Testing

@testable import AuthConfiguration

/// AMPS's own samples, put together.
private let sample = """
    <AMPSConfig>
      <Name>gateway</Name>
      <Modules>
        <Module>
          <Name>run-proc-authenticator</Name>
          <Library>libamps_exec_authenticator.so</Library>
        </Module>
      </Modules>
      <Replication>
        <Destination>
          <Transport>
            <Type>amps-replication</Type>
            <InetAddr>my-failover-partner:4000</InetAddr>
            <InetAddr>other:4000</InetAddr>
            <Authenticator>
              <Module>run-proc-authenticator</Module>
              <Options>
                <UserName>${USER}</UserName>
                <Command>./auth-widget
                    --user "{{AMPS_USER_NAME}}" --output=stdout</Command>
              </Options>
            </Authenticator>
          </Transport>
        </Destination>
      </Replication>
      <AuthHost>
        <max-user-limit>10</max-user-limit>
        <object-map><value>/FX/%1</value><value>/FX/%u/%1</value></object-map>
        <add-application-params>
          <application-id>a b</application-id>
          <inactivity-period>30</inactivity-period>
        </add-application-params>
      </AuthHost>
    </AMPSConfig>
    """

private func context(_ text: String, _ environment: [String: String] = ["USER": "feed"]) -> ConfigurationContext {
    ConfigurationContext(
        environment: environment, hostName: "box", workingDirectory: "/srv", files: .inMemory(["main.xml": text]))
}

private func read(_ text: String, _ arguments: [String] = []) throws -> Configuration {
    try Configuration.load(file: "main.xml", arguments: arguments, context: context(text))
}

@Suite struct `A configuration in XML` {
    @Test func `is read as the reference writes it`() throws {
        let configuration = try read(sample)
        #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
        #expect(configuration.applicationName == "gateway")
        #expect(configuration.maxUserLimit == 10)
        #expect(configuration.objectMaps.count == 1)
        let destination = try #require(configuration.destinations.first)
        #expect(destination.name == "my-failover-partner:4000", "the first server's name, where it has none of its own")
        #expect(destination.addresses == ["my-failover-partner:4000", "other:4000"])
        let authenticator = try #require(destination.authenticator)
        #expect(authenticator.library == "exec")
        #expect(authenticator.options.map(\.name.text) == ["UserName", "Command"])
        #expect(authenticator.options[0].values[0].text == "feed")
        let command = authenticator.options[1].values[0]
        #expect(
            command.text.split(separator: " ") == [
                "./auth-widget", "--user", "\"{{AMPS_USER_NAME}}\"", "--output=stdout",
            ])
        #expect("\(command.source)" == "main.xml:19:13")
    }

    @Test func `takes variables of the command line before those of the environment`() throws {
        let text = "<AMPSConfig><Name>${USER}-${WHERE}-${AMPS_CONFIG_DIRECTORY}</Name></AMPSConfig>"
        #expect(try read(text, ["-DWHERE=eu", "-DUSER=x"]).applicationName == "x-eu-/srv")
    }

    @Test(arguments: [
        ("<Extra><A/></Extra>", "main.xml:1:13: `Extra` is not one of authhost's elements: it has no effect"),
        (
            "<Modules><Module><Name>m</Name><Library>l</Library><Options><A>b</A></Options></Module></Modules>",
            "main.xml:1:64: options where a module is loaded are ignored: they are given where it is used"
        ),
        (
            "<Include comment=\"true\">file.xml</Include>",
            "main.xml:1:13: `Include` has no effect: the file that it names is not read"
        ),
        (
            "<Modules><Include comment=\"true\">modules.xml</Include></Modules>",
            "main.xml:1:22: `Include` has no effect: the file that it names is not read"
        ),
        (
            "<Transports a='b' xmlns:x='urn:x'>text<x:T>text<Include comment='true'>f</Include></x:T></Transports>",
            "main.xml:1:13: `Transports` is not one of authhost's elements: it has no effect"
        ),
    ])
    func `names what has no effect`(part: String, warning: String) throws {
        #expect(try read("<AMPSConfig>\(part)</AMPSConfig>").warnings.map(\.description) == [warning])
    }

    @Test(arguments: [
        ("<Other/>", "main.xml:1:1: the outermost element is `Other`: `AMPSConfig` is accepted"),
        ("<AMPSConfig a='b'/>", "main.xml:1:1: `AMPSConfig` has an attribute or a namespace: neither is accepted"),
        (
            "<AMPSConfig><AuthHost><max-user-limit a='1'>1</max-user-limit></AuthHost></AMPSConfig>",
            "main.xml:1:23: `max-user-limit` has an attribute or a namespace: neither is accepted"
        ),
        (
            "<AMPSConfig><Authenticator><Module>exec</Module><Options x='1'><Command>c</Command></Options></Authenticator>"
                + "</AMPSConfig>",
            "main.xml:1:49: `Options` has an attribute or a namespace: neither is accepted"
        ),
        (
            "<AMPSConfig><Authenticator><Module>exec</Module><Options><Command x='1'>c</Command></Options></Authenticator>"
                + "</AMPSConfig>",
            "main.xml:1:58: `Command` has an attribute or a namespace: neither is accepted"
        ),
        (
            "<AMPSConfig><AuthHost xmlns='urn:x'/></AMPSConfig>",
            "main.xml:1:13: `AuthHost` has an attribute or a namespace: neither is accepted"
        ),
        (
            "<AMPSConfig><Name>\(String(repeating: "x", count: 65_537))</Name></AMPSConfig>",
            "main.xml:1:13: `Name` has more than 65536 bytes of text"
        ),
        (
            "<AMPSConfig>\n <Extra \((0..<300_000).map { "a\($0)=''" }.joined(separator: " "))/></AMPSConfig>",
            "main.xml:2:2: an element's start tag has more than 65536 bytes"
        ),
        (
            "<AMPSConfig>" + String(repeating: "<a/>", count: 100_000) + "</AMPSConfig>",
            "main.xml:1:400009: more than 100000 elements"
        ),
        ("<AMPSConfig>x<Name>y</Name></AMPSConfig>", "main.xml:1:14: `AMPSConfig` has text beside elements"),
        ("<AMPSConfig><Name>y</Name>x</AMPSConfig>", "main.xml:1:20: `AMPSConfig` has text beside elements"),
        (
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><AMPSConfig><Name>&x;</Name></AMPSConfig>",
            "main.xml:1:1: a document type is not accepted"
        ),
        (
            "<AMPSConfig><Name>a</Name><Name>b</Name></AMPSConfig>",
            "main.xml:1:27: a second `Name` in `AMPSConfig`: one is accepted"
        ),
        ("<AMPSConfig><Name><a/></Name></AMPSConfig>", "main.xml:1:19: `Name` takes text, not elements"),
        (
            "<AMPSConfig><Authenticator/></AMPSConfig>",
            "main.xml:1:13: `Authenticator` lacks `Module`, which names its module"
        ),
        (
            "<AMPSConfig><Name>${NOWHERE}</Name></AMPSConfig>",
            "main.xml:1:13: `${NOWHERE}` is not defined: set it in the environment or with `-DNOWHERE=VALUE`"
        ),
        ("<AMPSConfig><Name>${USER</Name></AMPSConfig>", "main.xml:1:13: `${` is not closed in `Name`"),
        ("<AMPSConfig><Name>a\u{9B}b</Name></AMPSConfig>", "main.xml:1:13: `Name` holds a control character"),
        (
            "<AMPSConfig><AuthHost><max-user-limit><x/></max-user-limit></AuthHost></AMPSConfig>",
            "main.xml:1:39: `x` in `max-user-limit`: an item's values are elements called `value`"
        ),
        (
            "<AMPSConfig><AuthHost><max-user-limt>1</max-user-limt></AuthHost></AMPSConfig>",
            "main.xml:1:23: unknown item `max-user-limt` (did you mean `max-user-limit`?)"
        ),
        (
            "<AMPSConfig>" + String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40)
                + "</AMPSConfig>",
            "main.xml:1:106: `a` is nested too deep: at most 32 elements"
        ),
    ])
    func `that is wrong is refused with its place`(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.problems.map(\.description).contains(message) == true, "\(String(describing: error))")
    }

    @Test func `that is not well-formed is refused with its place`() {
        let error = #expect(throws: ConfigurationError.self) { try read("<AMPSConfig>\n<Name>x</Nam></AMPSConfig>") }
        #expect(error?.description.hasPrefix("main.xml:2:") == true, "\(String(describing: error))")
        #expect(error?.description.contains("not well-formed XML: ") == true)
        let empty = #expect(throws: ConfigurationError.self) { try read("<?xml version='1.0'?>") }
        #expect(empty?.description.contains("not well-formed XML: ") == true, "\(String(describing: empty))")
    }

    @Test func `is converted to lines and back without a change of what it says`() throws {
        let lines = try ConfigurationWriter.convert("main.xml", arguments: [], context: context(sample))
        let fromLines = try load(lines)
        let before = try read(sample)
        #expect(fromLines.destinations.map(\.name) == before.destinations.map(\.name))
        #expect(
            fromLines.destinations.map { $0.authenticator?.options.map { $0.values.map(\.text) } }
                == before.destinations.map { $0.authenticator?.options.map { $0.values.map(\.text) } })
        for item in ItemDefinition.all where !item.type.isBlock {
            #expect(fromLines[item.name]?.value == before[item.name]?.value, "\(item.name)")
        }
        let again = try ConfigurationWriter.convert(
            "main.conf", arguments: [],
            context: ConfigurationContext(
                environment: [:], hostName: "box", workingDirectory: "/srv", files: .inMemory(["main.conf": lines])))
        #expect(try ConfigurationWriter.convert("main.xml", arguments: [], context: context(again)) == lines)
    }

    @Test func `a definition of the command line needs a name and a value`() {
        let error = #expect(throws: ConfigurationError.self) { try read(sample, ["-DX"]) }
        #expect(error?.description == "command line: -D: `-DNAME=VALUE` is expected, a variable and its value")
    }
}
