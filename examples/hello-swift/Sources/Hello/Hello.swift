import ModuleKit

/// Lets everybody in but `nobody`, maps `/me/…` to `/user/NAME/…`, and lets one user write.
final class Hello: AuthModule, OpenReads {
    private let host: HostInterface
    private let greeting: String
    private let writer: [UInt8]

    init(host: HostInterface) throws {
        guard let greeting = host.option("greeting"), !greeting.isEmpty else {
            throw SetupError("the option `greeting` is empty; give a text")
        }
        self.host = host
        self.greeting = greeting
        writer = Array((host.option("writer") ?? "").utf8)
    }

    func newUser(_ login: borrowing LoginQuestion) -> Answer {
        if login.user.isEqual(to: "nobody") { return Answer(.invalidUser, log: "`nobody` is not a user") }
        host.log(.info, "\(greeting), \(login.user.text())")
        return .ok(sessionLimit: 10)
    }

    func mapObject(_ mapping: borrowing MapQuestion) -> MapAnswer {
        guard mapping.name.hasPrefix("/me/") else { return .notMapped }
        return .mapped("/user/\(mapping.user.text())\(mapping.name.text().dropFirst(3))")
    }

    // The way of a check makes no String and allocates nothing.
    func checkWrite(_ check: borrowing CheckQuestion) -> Answer {
        guard check.user.isEqual(to: writer) else { return .deny("only the writer may write") }
        return .ok
    }
}

/// The type of the module, for the kit.
@c(authkit_module_type) public func moduleType() -> UnsafeMutableRawPointer? { exported(Hello.self) }
