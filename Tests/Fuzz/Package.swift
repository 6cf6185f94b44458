// swift-tools-version: 6.2
import PackageDescription

// Fuzzing instruments everything it builds, so the package holds only what is fuzzed: links to the folders of the
// project's own package, and none of its dependencies.
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-O"])]

func linked(_ name: String, folder: String? = nil, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Linked/\(folder ?? name)", swiftSettings: instrumented)
}

func system(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Linked/\(name)", pkgConfig: pkgConfig)
}

func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: dependencies + ["Fuzzing"], path: name, swiftSettings: instrumented,
        // gold ends with an internal error here.
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

let doorReaders = [
    "HTTP/Framing.swift", "HTTP/ObjectTemplate.swift", "HTTP/PercentEncoding.swift", "HTTP/RequestGrammar.swift",
    "HTTP/RequestHead.swift", "HTTP/RequestLine.swift", "HTTP/RequestRefusal.swift", "HTTP/StrictRequestReader.swift",
    "ForwardAuth/ForwardedRequest.swift", "ForwardAuth/ForwardedTarget.swift", "ForwardAuth/FormFields.swift",
    "ForwardAuth/ReturnPath.swift",
    "AuthZEN/AuthZENRequest.swift", "AuthZEN/AuthZENFields.swift", "Pattern/JSONText.swift", "Pattern/JSONNode.swift",
    "Pattern/JSONValue.swift",
    "Pattern/ObjectSegment.swift", "HTTP/ChunkReader.swift", "HTTP/SessionBodies.swift", "HTTP/CheckBodies.swift",
    "HTTP/ObjectBodies.swift", "HTTP/CredentialBody.swift", "Control/ControlRequest.swift",
    "Native/NativeProtocol.swift", "RabbitMQ/RabbitMQQuestion.swift", "Pattern/Base64.swift",
    "Pattern/DoorFault.swift", "Saslauthd/SaslauthdRequest.swift", "Dovecot/DovecotCommand.swift",
    "Dovecot/DovecotReply.swift",
    "Dovecot/SASLExchange.swift",
]

let package = Package(
    name: "fuzz",
    targets: [
        .target(name: "FuzzDriver", path: "driver"),
        .target(name: "Fuzzing", dependencies: ["FuzzDriver"], path: "fuzzing"),
        linked("AuthConfiguration", folder: "Configuration", ["Basics", "Rules", "CLibXML2"]),
        linked("Basics"),
        linked("Rules"),
        system("CLibCrypt"), system("CLibJansson", pkgConfig: "jansson"), system("CLibNettle", pkgConfig: "nettle"),
        system("CLibXML2", pkgConfig: "libxml-2.0"), system("CLibPCRE2", pkgConfig: "libpcre2-8"),
        linked("Accounts", ["Basics", "Rules", "CLibCrypt", "CLibNettle", "CLibPCRE2"]),
        linked("XMLAuthCore", ["Accounts", "Basics", "Rules", "CLibXML2", "CLibCrypt", "CLibNettle"]),
        linked("AuthCore"),
        // Of the doors, what reads bytes and knows nothing of the network library.
        .target(
            name: "Doors", dependencies: ["AuthCore", "CLibJansson"], path: "Linked/Doors", sources: doorReaders,
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]),
        // Of the loader, what reads files and runs none of their code.
        .target(name: "CFFI", path: "Linked/CFFI", sources: ["machine.c"]),
        .target(
            name: "ModuleHost", dependencies: ["CFFI"], path: "Linked/ModuleHost",
            sources: ["ELF", "LibraryCache.swift", "ModuleIdentity.swift"],
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]),
        fuzzer("authzen", ["Doors", "AuthCore"]),
        fuzzer("configuration", ["AuthConfiguration"]),
        fuzzer("control", ["Doors"]),
        fuzzer("dovecot", ["Doors", "AuthCore"]),
        fuzzer("elf", ["ModuleHost"]),
        fuzzer("forward-auth", ["Doors", "AuthCore"]),
        fuzzer("http-json", ["Doors", "AuthCore"]),
        .target(
            name: "LibAuthHostReader", path: "libauthhost-reader",
            cSettings: [
                .headerSearchPath("../Linked/libauthhost/include"),
                .unsafeFlags(["-fsanitize=fuzzer-no-link"]),
            ]),
        fuzzer("libauthhost", ["LibAuthHostReader"]),
        fuzzer("native", ["Doors", "AuthCore"]),
        fuzzer("rabbitmq", ["Doors", "AuthCore"]),
        fuzzer("saslauthd", ["Doors", "AuthCore"]),
        fuzzer("users", ["XMLAuthCore", "Accounts", "Rules"]),
    ], swiftLanguageModes: [.v6])
