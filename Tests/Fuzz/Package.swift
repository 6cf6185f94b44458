// swift-tools-version: 6.2
import PackageDescription

// Fuzzing instruments what it builds, so the package holds only what is fuzzed: links to the folders of the project's own
// package, and the two small packages that the protocols of doors count and log with.
let instrumented: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer", "-O"])]

func linked(
    _ name: String, folder: String? = nil, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Linked/\(folder ?? name)", exclude: exclude,
        swiftSettings: instrumented)
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

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        .target(name: "FuzzDriver", path: "driver"),
        .target(name: "Fuzzing", dependencies: ["FuzzDriver"], path: "fuzzing"),
        linked("ConfigurationLanguage", folder: "Configuration/Language", ["Basics"]),
        linked(
            "AuthConfiguration", folder: "Configuration", ["Basics", "ConfigurationLanguage", "Rules", "CLibXML2"],
            exclude: ["Language"]),
        .target(
            name: "CThreads", path: "Linked/CThreads", cSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link"])]),
        linked("Basics", ["CThreads"]),
        linked("JSONReading", ["CLibJansson"]),
        linked("Rules", ["Basics"]),
        system("CLibCrypt"), system("CLibJansson", pkgConfig: "jansson"), system("CLibNettle", pkgConfig: "nettle"),
        system("CLibXML2", pkgConfig: "libxml-2.0"), system("CLibPCRE2", pkgConfig: "libpcre2-8"),
        linked("Accounts", ["Basics", "Rules", "CLibCrypt", "CLibNettle", "CLibPCRE2"]),
        linked("XMLAuthCore", ["Accounts", "Basics", "Rules", "CLibXML2", "CLibCrypt", "CLibNettle"]),
        .target(
            name: "AuthCore", dependencies: ["Rules"], path: "Linked/AuthCore",
            swiftSettings: instrumented + [.enableExperimentalFeature("Lifetimes")]),
        .target(
            name: "Prometheus", dependencies: ["AuthCore", .product(name: "Metrics", package: "swift-metrics")],
            path: "Linked/Prometheus", swiftSettings: instrumented),
        .target(name: "CResources", path: "Linked/CResources"),
        .target(
            name: "DoorProtocols",
            dependencies: [
                "AuthCore", "Basics", "CLibJansson", "CResources", "JSONReading", "Prometheus",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
            ],
            path: "Linked/DoorProtocols", exclude: ["JSONInterface/openapi.json"],
            swiftSettings: instrumented
                + [.unsafeFlags(["-enable-testing"]), .enableExperimentalFeature("Lifetimes")]),
        .target(
            name: "Conversing", dependencies: ["DoorProtocols", "AuthCore"], path: "conversing",
            swiftSettings: instrumented),
        // Of the loader, what reads files and runs none of their code.
        .target(
            name: "CFFI", dependencies: ["CAuthModule"], path: "Linked/CFFI",
            sources: ["machine.c", "remote", "sealed.c"],
            cSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link"])]),
        .target(name: "CAuthModule", path: "Linked/include", publicHeadersPath: "."),
        .target(
            name: "ModuleHost", dependencies: ["Basics", "CFFI", "CAuthModule"], path: "Linked/ModuleHost",
            sources: [
                "ELF", "Inspection/LibraryCache.swift", "Loading/ModuleError.swift", "Loading/ModuleIdentity.swift",
                "Loading/SealedFile.swift",
            ],
            swiftSettings: instrumented + [.unsafeFlags(["-enable-testing"])]),
        fuzzer("authzen", ["DoorProtocols", "AuthCore", "Conversing", "JSONReading"]),
        fuzzer("configuration", ["AuthConfiguration"]),
        fuzzer("control", ["DoorProtocols", "AuthCore", "JSONReading"]),
        fuzzer("dovecot", ["DoorProtocols", "AuthCore", "Conversing"]),
        fuzzer("elf", ["ModuleHost"]),
        fuzzer("forward-auth", ["DoorProtocols", "AuthCore", "Conversing"]),
        .target(
            name: "HelperReader", dependencies: ["CFFI", "CAuthModule"], path: "helper-reader",
            cSettings: [.headerSearchPath("../Linked/CFFI/remote"), .unsafeFlags(["-fsanitize=fuzzer-no-link"])]),
        fuzzer("helper", ["HelperReader"]),
        fuzzer("http-json", ["DoorProtocols", "AuthCore", "Conversing", "JSONReading"]),
        .target(
            name: "LibAuthHostReader", path: "libauthhost-reader",
            cSettings: [
                .headerSearchPath("../Linked/libauthhost/include"),
                .unsafeFlags(["-fsanitize=fuzzer-no-link"]),
            ]),
        fuzzer("libauthhost", ["LibAuthHostReader"]),
        fuzzer("native", ["DoorProtocols", "AuthCore", "Conversing"]),
        fuzzer("rabbitmq", ["DoorProtocols", "AuthCore", "Conversing"]),
        .target(
            name: "Cluster", dependencies: ["CResources"], path: "Linked/Cluster", exclude: ["Registry/Script"],
            swiftSettings: instrumented),
        fuzzer("redis", ["AuthCore", "Cluster"]),
        fuzzer("saslauthd", ["DoorProtocols", "AuthCore", "Conversing"]),
        fuzzer("users", ["XMLAuthCore", "Accounts", "Rules"]),
    ], swiftLanguageModes: [.v6])
