import ArgumentParser
import AuthConfiguration
import Basics
import Glibc
import Runtime
import XMLAuthCore

/// Asks a module what a file of cases asks, and compares the answers with those that are expected.
struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Compare a module's answers with those that a file expects, without a server.",
        discussion: """
            Each line of the file is a JSON object; a file whose name ends in .yaml is a list of such objects in YAML. `user` is the \
            user who asks; without `password` the module takes the user back (auth_resume_user). One of `login` (true), `read`, `write`, `create` and `map` is the question, with `fields` that are \
            written, `address` and `application_id`. `verdict` is the expected verdict; `reason` and `object` (the \
            name inside) may be expected too. `name` names the case. Empty lines and those that begin with # are left out.

              {"user": "ann", "read": "/FX/EURUSD", "verdict": "allow"}
              {"user": "ann", "write": "/FX/EURUSD", "fields": {"Amount": "5"}, "verdict": "deny"}

            Ends with 0 when every answer is as expected, with 7 when one is not.
            """)

    @Argument(help: "The file of cases; - for standard input.", completion: .file())
    var file: String

    @Flag(help: "Print the outcome as JUnit has it, in XML.")
    var junit = false

    @Flag(help: "Name the rules of xmlauth's users file that decided no case.")
    var coverage = false

    @OptionGroup var common: ConfigurationFileOption

    func run() throws {
        let cases = try readCases()
        let setup = try HostSetup(quiet: true)
        let rules = coverage ? try Self.rules(setup.configuration) : nil
        let host = try setup.makeHost()
        host.keepThreadFree()
        var run = TestRun(host, coverage: rules)
        let (outcomes, covered) = try run.run(cases)
        host.stop(awaitsLateCalls: false)
        Terminal.write(junit ? TestReport.junit(outcomes, file: file) : TestReport.text(outcomes, file: file))
        if let covered { Terminal.write(TestReport.coverage(covered), toStandardError: junit) }
        if outcomes.contains(where: { $0.failure != nil }) { throw Failure(.findings, "") }
    }

    /// The largest file, in bytes.
    private static let limit = 64 << 20

    private func readCases() throws(Failure) -> [TestCase] {
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(.badConfiguration, "`\(file)` cannot be read: \(SystemError())") }
        defer { if file != "-" { close(descriptor) } }
        guard let bytes = Terminal.readAll(limit: Self.limit, from: descriptor) else {
            throw Failure(.badConfiguration, "`\(file)` has more than \(Self.limit) bytes")
        }
        var cases: [TestCase] = []
        var problems: [Failure.Problem] = []
        for (line, text) in try texts(bytes) {
            do throws(CaseFault) {
                cases.append(try TestCase(text, line: line))
            } catch {
                problems.append(problem(line, error.message))
                if problems.count == ConfigurationError.limit { break }
            }
        }
        guard problems.isEmpty else { throw Failure(.badConfiguration, problems) }
        guard !cases.isEmpty else { throw Failure(.badConfiguration, "`\(file)` has no case") }
        return cases
    }

    private func problem(_ line: Int, _ message: String) -> Failure.Problem {
        Failure.Problem(place: .file(SourcePosition(file: file, line: line, column: 1)), message: message)
    }

    /// The cases as JSON, each with its line: of a file of YAML, by its name, or of lines.
    private func texts(_ bytes: [UInt8]) throws(Failure) -> [(line: Int, json: Substring)] {
        if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
            do throws(YAMLFault) {
                return try YAMLCases.read(bytes).map { ($0.line, $0.json[...]) }
            } catch {
                throw Failure(.badConfiguration, [problem(error.line, error.message)])
            }
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { index, line in
            let text = line.drop { $0 == " " || $0 == "\t" }
            return text.isEmpty || text.hasPrefix("#") || text == "\r" ? nil : (index + 1, text)
        }
    }

    private static func rules(_ configuration: Configuration) throws(Failure) -> RuleCoverage {
        let name = "xmlauth"
        guard Configuration.baseName(ofModule: configuration.moduleName) == name,
            let value = configuration.moduleOptions.last(where: { $0.name.text == "xmlauth-file" })?.values.last
        else {
            throw Failure(
                .badConfiguration,
                "--coverage works only with `xmlauth` and an `xmlauth-file`")
        }
        do {
            let path = try configuration.expandPath(value, ofOption: "xmlauth-file")
            return RuleCoverage(try UsersFile.rules(path))
        } catch let error as ConfigurationError {
            throw Failure(error)
        } catch {
            throw Failure(.badConfiguration, "\(error)")
        }
    }
}
