import Testing

@testable import Usage

struct LicenceFileTests {
    private func problems(_ text: String) -> [String] {
        do throws(LicenceFileError) {
            _ = try LicenceFile(Array(text.utf8), file: "licence.conf")
            return []
        } catch {
            return error.problems
        }
    }

    @Test func `applications have a limit of users and one of log-ins`() throws {
        let text = """
            # licences of 2026

            application SLJS:CaplinTrader 200 2
            \tapplication  "Back Office"\t0 0\r
            """
        let file = try LicenceFile(Array(text.utf8), file: "licence.conf")
        #expect(file.applications.map(\.application) == ["SLJS:CaplinTrader", "Back Office"])
        #expect(file.licence(of: "SLJS:CaplinTrader")?.users == 200)
        #expect(file.licence(of: "SLJS:CaplinTrader")?.loginsPerUser == 2)
        #expect(file.licence(of: "Back Office")?.users == 0)
        #expect(file.licence(of: "Back Office")?.line == 4)
        #expect(file.licence(of: "sljs:caplintrader") == nil)
    }

    @Test(arguments: [
        (
            "aplication web 1 1",
            "1:1: `aplication` is unknown: a line is `application NAME MAX-USERS MAX-LOGINS-PER-USER`"
        ),
        ("\n  application web 1", "2:3: `application` takes a name and two numbers, this line has 2 values"),
        ("application web 1 1 1", "1:21: `application` takes a name and two numbers, this line has 4 values"),
        (
            "application web many 1",
            "1:17: `many` is no number of users: 0 for no limit, or a whole number up to 2147483647"
        ),
        (
            "application web 1 -1",
            "1:19: `-1` is no number of log-ins of a user: 0 for no limit, or a whole number up to 2147483647"
        ),
        (
            "application web 2147483648 1",
            "1:17: `2147483648` is no number of users: 0 for no limit, or a whole number up to 2147483647"
        ),
        ("application \"web 1 1", "1:13: the quote is not closed"),
        ("application \"\" 1 1", "1:13: an application needs a name"),
        ("application web 1 1\napplication web 2 2", "2:13: the application `web` is licensed already on line 1"),
        ("application w\u{7}b 1 1", "1:14: a control character"),
    ])
    func `a wrong line is shown with its place`(_ text: String, _ problem: String) {
        #expect(problems(text) == ["licence.conf:" + problem])
    }

    @Test(arguments: ["", "\n", "# application web 1 1\n"])
    func `a file that names no application is refused`(_ text: String) {
        #expect(
            problems(text) == [
                "licence.conf: no application is named: at least one line `application NAME MAX-USERS MAX-LOGINS-PER-USER` "
                    + "is needed; to set no limits, leave `licence-file` out"
            ])
    }

    @Test func `every problem is shown, up to twenty`() {
        #expect(problems("x\ny\napplication web 1 1\nz").count == 3)
        #expect(problems(String(repeating: "x\n", count: 100)).count == 20)
    }

    @Test func `a line that is not UTF-8 and a file that is too large are refused`() {
        #expect(throws: LicenceFileError(problems: ["f:2:1: the line is not UTF-8"])) {
            try LicenceFile([0x23, 0x0A, 0xFF], file: "f")
        }
        let error = #expect(throws: LicenceFileError.self) {
            try LicenceFile([UInt8](repeating: 0x0A, count: LicenceFile.sizeLimit + 1), file: "f")
        }
        #expect("\(error!)" == "f: 1048577 bytes are too many: a licence file has at most 1048576")
    }
}
