import AuthCore

/// The options of the door, read and checked.
struct ForwardAuthOptions {
    let settings: DoorSettings

    init(_ settings: DoorSettings) { self.settings = settings }

    func text(_ name: String) -> String { settings.option(name, of: ForwardAuthDoor.self) }

    private func problem(_ name: String, _ description: String) -> DoorProblem {
        let line = settings.options.firstIndex { $0.name == name }
        return DoorProblem(line.map { .option($0) } ?? .block, description)
    }

    private func list(_ name: String) -> [String] {
        text(name).split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    func proxies() throws(DoorProblem) -> PermittedClients {
        let texts = list("trusted-proxies")
        guard !texts.isEmpty, !texts.contains(where: { $0.hasPrefix("uid:") }) else {
            throw problem(
                "trusted-proxies", "`trusted-proxies` names no proxy: addresses and `ADDRESS/BITS` are accepted")
        }
        do throws(DoorProblem) {
            return try PermittedClients(texts, certificates: settings.hasClientCertificates)
        } catch {
            throw problem("trusted-proxies", error.description)
        }
    }

    func cookie() throws(DoorProblem) -> String {
        let name = text("cookie")
        let prefix = "__Host-"
        guard name.hasPrefix(prefix), name.utf8.count > prefix.utf8.count, name.utf8.count <= 64,
            name.utf8.allSatisfy({ RequestGrammar.isToken[Int($0)] })
        else {
            throw problem(
                "cookie",
                "`\(name.clippedForMessage)` is no name of the cookie: `\(prefix)` and 1 to 57 characters of a token behind it "
                    + "are accepted")
        }
        return name
    }

    /// The path of the pages; nil for none.
    func pagesPath() throws(DoorProblem) -> String? {
        let path = text("pages")
        if path == "none" { return nil }
        let isPlain = path.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "/") || byte != UInt8(ascii: "%") && RequestGrammar.isToken[Int(byte)]
        }
        guard isPlain, path != "/", (try? ObjectName(path)) != nil,
            !ForwardingProxy.allCases.contains(where: { path == $0.path || path.hasPrefix($0.path + "/") })
        else {
            let own = ForwardingProxy.allCases.map { "`\($0.path)`" }.joined(separator: ", ")
            throw problem(
                "pages",
                "`\(path.clippedForMessage)` is not a path for pages: `none`, and paths of tokens such as `/_authhost`, but \(own), "
                    + "are accepted")
        }
        return path
    }

    /// Whether a reply may have a field of that name, in small letters, which it does not have already.
    static func isFree(_ name: String) -> Bool {
        let taken = [
            "cache-control", "connection", "content-length", "content-type", "date", "location", "set-cookie",
            "transfer-encoding", "www-authenticate", "x-auth-object", "x-auth-reason", "x-auth-redirect",
            "x-auth-verdict",
        ]
        return !name.isEmpty && !taken.contains(name) && name.utf8.allSatisfy { RequestGrammar.isToken[Int($0)] }
    }

    func identityFields() throws(DoorProblem) -> [String] {
        let names = list("identity-headers").map { $0.lowercased() }
        for name in names {
            guard Self.isFree(name),
                names.filter({ $0 == name }).count == 1
            else {
                throw problem(
                    "identity-headers",
                    "`\(name.clippedForMessage)` cannot say who it is: names of headers are accepted, each once, that replies do "
                        + "not have already")
            }
        }
        return names
    }

    /// The fields that have attributes.
    ///
    /// - Parameter identity: the fields that say who it is.
    static func attributeFields(
        _ settings: DoorSettings, of type: any DoorType.Type, but identity: [String]
    ) throws(DoorProblem) -> AttributeNames {
        try AttributeNames(
            ForwardAuthDoor.attributeHeaders.name, in: settings, of: type, spelling: { $0.lowercased() },
            isName: { isFree($0) && !identity.contains($0) },
            accepted: "names of headers that replies do not have already")
    }

    func template() throws(DoorProblem) -> ObjectTemplate { try settings.objectTemplate(of: ForwardAuthDoor.self) }
}
