// swift-tools-version: 6.2
import PackageDescription

// A module exports one symbol, carries its Swift runtime, and points at no toolchain folder.
func moduleLinkage(_ name: String, in folder: String = "Plugins") -> [LinkerSetting] {
    [
        .unsafeFlags([
            "-static-stdlib", "-no-toolchain-stdlib-rpath", "-use-ld=lld",
            "-Xlinker", "--version-script=\(Context.packageDirectory)/\(folder)/\(name)/exports.map",
            "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "--gc-sections",
        ])
    ]
}

let products: [Product] = [
    .library(name: "ModuleKit", targets: ["ModuleKit", "CAuthModule"]),
    .executable(name: "authhost", targets: ["authhost"]),
    .library(name: "xmlauth", type: .dynamic, targets: ["xmlauth"]),
    .library(name: "cfgauth", type: .dynamic, targets: ["cfgauth"]),
    .library(name: "exec", type: .dynamic, targets: ["exec"]),
    .library(name: "defaultauth", type: .dynamic, targets: ["defaultauth"]),
    .library(name: "upstream", type: .dynamic, targets: ["upstream"]),
    .library(name: "AuthHostClient", targets: ["AuthHostClient"]),
    // An example that the tests build and run.
    .library(name: "users-example", type: .dynamic, targets: ["UsersExample"]),
    .library(name: "extends-fixture", type: .dynamic, targets: ["ExtendsFixture"]),
]

let dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
]

// The first of them are in core/Package.swift as well, for builds without dependencies.
var targets: [Target] = [
    .systemLibrary(name: "CLibFFI", path: "Sources/CLibFFI", pkgConfig: "libffi", providers: [.apt(["libffi-dev"])]),
    .target(name: "CFFI", dependencies: ["CLibFFI", "CAuthModule"], path: "Sources/CFFI"),
    .target(name: "CAuthModule", path: "include", publicHeadersPath: "."),
    // A question of the kit is lent, which the compiler can only check with declared lifetimes.
    .target(
        name: "ModuleKit", dependencies: ["CAuthModule"],
        swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    // A leaf for host and modules alike: what both must do in one way.
    .target(name: "CThreads"),
    .target(name: "Basics", dependencies: ["CThreads"]),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"]),
    .target(name: "Rules", dependencies: ["Basics"]),
    .target(
        name: "AuthCore", dependencies: ["Rules"], swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    .target(
        name: "ModuleHost", dependencies: ["AuthCore", "Basics", "Rules", "CFFI", "CAuthModule", "CLibNettle"]),
    .testTarget(name: "ModuleKitTests", dependencies: ["ModuleKit", "CAuthModule"]),
    .testTarget(name: "RulesTests", dependencies: ["Rules"]),
    .testTarget(name: "AuthCoreTests", dependencies: ["AuthCore"]),
    .testTarget(name: "ModuleHostTests", dependencies: ["ModuleHost", "AuthCore", "Basics"]),
    .systemLibrary(name: "CLibCrypt", path: "Sources/CLibCrypt", providers: [.apt(["libcrypt-dev"])]),
    .systemLibrary(
        name: "CLibNettle", path: "Sources/CLibNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(
        name: "CLibPCRE2", path: "Sources/CLibPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(
        name: "CLibXML2", path: "Sources/CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(
        name: "CLibJansson", path: "Sources/CLibJansson", pkgConfig: "jansson",
        providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(
        name: "CLibYAML", path: "Sources/CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
        name: "CLibSQLite", path: "Sources/CLibSQLite", pkgConfig: "sqlite3",
        providers: [.apt(["libsqlite3-dev"])]),
    // The one reader of JSON, a leaf as well.
    .target(name: "JSONReading", dependencies: ["CLibJansson"]),
    .target(
        name: "Signatures",
        dependencies: [
            "Basics", "JSONReading", "Rules",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "CryptoExtras", package: "swift-crypto"),
        ]),
    .testTarget(
        name: "SignaturesTests",
        dependencies: [
            "Signatures",
            .product(name: "Crypto", package: "swift-crypto"),
            .product(name: "CryptoExtras", package: "swift-crypto"),
        ], exclude: ["Fixtures"]),
    .target(name: "AccountsOptions", path: "Plugins/accounts/Options", publicHeadersPath: "."),
    .target(
        name: "XMLAuthModule", dependencies: ["AccountsOptions", "CAuthModule"], path: "Plugins/xmlauth/Export"),
    .target(
        name: "Accounts", dependencies: ["Basics", "Rules", "CLibCrypt", "CLibNettle", "CLibPCRE2"],
        path: "Plugins/accounts/Core"),
    .target(
        name: "AccountsModule", dependencies: ["Accounts", "Basics", "ModuleKit", "Rules"],
        path: "Plugins/accounts/Module"),
    .target(
        name: "XMLAuthCore", dependencies: ["Accounts", "Basics", "Rules", "CLibXML2"],
        path: "Plugins/xmlauth/Core"),
    .target(
        name: "xmlauth",
        dependencies: ["ModuleKit", "AccountsModule", "Accounts", "Basics", "XMLAuthCore", "XMLAuthModule"],
        path: "Plugins/xmlauth/Sources", linkerSettings: moduleLinkage("xmlauth")),
    .target(
        name: "CfgAuthModule", dependencies: ["AccountsOptions", "CAuthModule"], path: "Plugins/cfgauth/Export"),
    .target(
        name: "CfgAuthCore", dependencies: ["Accounts", "Basics", "ConfigurationLanguage"],
        path: "Plugins/cfgauth/Core"),
    .target(
        name: "cfgauth",
        dependencies: [
            "ModuleKit", "AccountsModule", "Accounts", "Basics", "CfgAuthCore", "CfgAuthModule",
            "ConfigurationLanguage",
        ], path: "Plugins/cfgauth/Sources", linkerSettings: moduleLinkage("cfgauth")),
    .target(name: "ExecSpawn", path: "Plugins/exec/Spawn"),
    .target(
        name: "ExecCore", dependencies: ["Basics", "JSONReading", "Rules", "ExecSpawn"],
        path: "Plugins/exec/Core"),
    .target(name: "ExecModule", dependencies: ["CAuthModule"], path: "Plugins/exec/Export"),
    .target(
        name: "exec", dependencies: ["Basics", "ModuleKit", "ExecCore", "ExecModule"], path: "Plugins/exec/Sources",
        linkerSettings: moduleLinkage("exec")),
    .target(name: "DefaultAuthModule", dependencies: ["CAuthModule"], path: "Plugins/defaultauth/Export"),
    .target(
        name: "defaultauth", dependencies: ["Basics", "ModuleKit", "DefaultAuthModule"],
        path: "Plugins/defaultauth/Sources", linkerSettings: moduleLinkage("defaultauth")),
    .target(name: "UsersModule", dependencies: ["CAuthModule"], path: "examples/users-swift/Export"),
    .target(
        name: "UsersExample", dependencies: ["ModuleKit", "UsersModule"], path: "examples/users-swift/Sources",
        linkerSettings: moduleLinkage("users-swift", in: "examples")),
    .target(name: "ExtendsModule", dependencies: ["CAuthModule"], path: "Tests/Fixtures/extends-swift/Export"),
    .target(
        name: "ExtendsFixture", dependencies: ["ModuleKit", "ExtendsModule"],
        path: "Tests/Fixtures/extends-swift/Sources",
        linkerSettings: moduleLinkage("extends-swift", in: "Tests/Fixtures")),
    .target(name: "CAuthHost", path: "Sources/libauthhost"),
    .target(name: "AuthHostClient", dependencies: ["CAuthHost"]),
    .target(name: "UpstreamModule", dependencies: ["CAuthModule"], path: "Plugins/upstream/Export"),
    .target(
        name: "upstream", dependencies: ["ModuleKit", "AuthHostClient", "UpstreamModule"],
        path: "Plugins/upstream/Sources", linkerSettings: moduleLinkage("upstream")),
    .testTarget(name: "AuthHostClientTests", dependencies: ["AuthHostClient"]),
    .testTarget(name: "ExecTests", dependencies: ["ExecCore"]),
    // A leaf as well: the host's configuration is written in it, and so are files of modules.
    .target(name: "ConfigurationLanguage", dependencies: ["Basics"], path: "Sources/Configuration/Language"),
    // Not `Configuration`: see docs/decisions/0001-configuration-target-name.md.
    .target(
        name: "AuthConfiguration", dependencies: ["Basics", "ConfigurationLanguage", "Rules", "CLibXML2"],
        path: "Sources/Configuration", exclude: ["Language"]),
    .target(
        name: "Usage", dependencies: ["AuthCore", "Basics", "CLibSQLite"]),
    // Chained lines and their check, for the host that writes them and the command that checks them.
    .target(
        name: "AuditTrail",
        dependencies: ["Basics", "CLibNettle", .product(name: "Crypto", package: "swift-crypto")]),
    .testTarget(name: "AuditTrailTests", dependencies: ["AuditTrail", "Basics"]),
    .target(
        name: "Runtime",
        dependencies: [
            "AuditTrail", "ModuleHost", "AuthCore", "Basics", "CLibNettle", "Rules",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "Tracing", package: "swift-distributed-tracing"),
        ]),
    .target(name: "CEpoll"),
    // What the program carries of files: the protocol of a cluster and the description of the HTTP interface.
    .target(name: "CResources"),
    .target(name: "Epoll", dependencies: ["Basics", "CEpoll"]),
    .testTarget(name: "EpollTests", dependencies: ["Epoll"]),
    // Spans for a collector: no network library in here either.
    .target(
        name: "Telemetry",
        dependencies: [
            "Basics",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "Tracing", package: "swift-distributed-tracing"),
        ]),
    .testTarget(
        name: "TelemetryTests",
        dependencies: ["Telemetry", .product(name: "Tracing", package: "swift-distributed-tracing")]),
    // What a host does as a member of a cluster, as a value: no network library in here.
    .target(name: "Cluster", dependencies: ["CResources"], exclude: ["Registry/Script"]),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster"]),
    .target(
        name: "ClusterCarrier",
        dependencies: [
            "AuthCore", "Basics", "Cluster",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
        ]),
    .target(
        name: "Prometheus",
        dependencies: ["AuthCore", "Basics", .product(name: "Metrics", package: "swift-metrics")]),
    // The protocols of doors as values: no network library in here.
    .target(
        name: "DoorProtocols",
        dependencies: [
            "AuthCore", "Basics", "CLibJansson", "CResources", "JSONReading", "Prometheus",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
        ],
        exclude: ["JSONInterface/openapi.json"],
        swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    .target(
        name: "DoorCarrier",
        dependencies: [
            "AuthCore", "Basics", "CEpoll", "DoorProtocols", "Epoll", "Prometheus",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "X509", package: "swift-certificates"),
            .product(name: "Crypto", package: "swift-crypto"),
        ]),
    .target(
        name: "Operators",
        dependencies: [
            "AuthCore", "Basics", "DoorCarrier", "DoorProtocols", "JSONReading",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
        ]),
    .target(
        name: "Doctor",
        dependencies: [
            "AuthCore", "DoorCarrier", "DoorProtocols", "Prometheus",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
        ]),
    .testTarget(name: "UsageTests", dependencies: ["Usage"], exclude: ["Golden"]),
    .testTarget(
        name: "ConfigurationTests", dependencies: ["AuthConfiguration", "ConfigurationLanguage", "Rules"]),
    .testTarget(name: "AccountsTests", dependencies: ["Accounts", "Basics", "Rules"]),
    .testTarget(
        name: "CfgAuthTests", dependencies: ["CfgAuthCore", "Accounts", "ConfigurationLanguage", "Rules"]),
    .testTarget(name: "XMLAuthTests", dependencies: ["XMLAuthCore", "Accounts"]),
    // The real binary and real programs: it links nothing of what it tests.
    .testTarget(name: "EndToEndTests", path: "Tests/EndToEnd", exclude: ["Golden", "LoadedModules/Modules"]),
    .testTarget(
        name: "RuntimeTests",
        dependencies: [
            "Runtime", "AuditTrail", "ModuleHost", "AuthCore", "Basics", "Rules",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
        ]),
    .testTarget(
        name: "DoorsTests",
        dependencies: [
            "DoorProtocols", "DoorCarrier", "JSONReading", "Operators", "Doctor", "Prometheus", "AuthCore", "Basics",
            "Epoll",
            .product(name: "NIOEmbedded", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ]),
    .executableTarget(
        name: "authhost",
        dependencies: [
            "DoorProtocols", "DoorCarrier", "Operators", "Doctor", "Prometheus", "AuthConfiguration", "Runtime",
            "AuditTrail", "Cluster", "ClusterCarrier", "JSONReading", "ModuleHost", "AuthCore", "Basics", "Signatures",
            "Telemetry", "Usage",
            "XMLAuthCore", "CLibCrypt", "CLibYAML",
            .product(name: "Logging", package: "swift-log"),
            .product(name: "Metrics", package: "swift-metrics"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ], exclude: ["exports.map", "no-unwinding.ld"],
        linkerSettings: [
            // Modules are to find these few and nothing else: what is exported cannot be left out either.
            .unsafeFlags(
                [
                    "-use-ld=lld", "-Xlinker",
                    "--version-script=\(Context.packageDirectory)/Sources/authhost/exports.map",
                    "-Xlinker", "--gc-sections", "-Xlinker", "--icf=safe", "-Xlinker", "-z", "-Xlinker",
                    "pack-relative-relocs",
                    // Nothing here catches an exception of C++, so no code unwinds frames at run time: their tables are 5 MB.
                    "-Xlinker", "--no-eh-frame-hdr", "-Xlinker", "-T", "-Xlinker",
                    "\(Context.packageDirectory)/Sources/authhost/no-unwinding.ld",
                ], .when(configuration: .release))
        ]),
]

// What a file uses it imports, members of types too: an import elsewhere in the target does not count.
for target in targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.enableUpcomingFeature("MemberImportVisibility")]
}

// The standard library's searches in text bring an engine of regular expressions along (Sources/Basics/Text/StringProtocol+Search.swift).
for target in targets where target.type == .regular || target.type == .executable {
    target.swiftSettings =
        (target.swiftSettings ?? [])
        + [.unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])]
}

// What runs when people type, and not when programs ask, is built to be small: the executable has its bound.
let rarelyRun: Set = [
    "authhost", "AuthConfiguration", "Cluster", "ClusterCarrier", "ConfigurationLanguage", "Doctor", "Operators",
    "Signatures", "Telemetry",
]
for target in targets where rarelyRun.contains(target.name) {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [.unsafeFlags(["-Osize"], .when(configuration: .release))]
}

// The check before a change is taken: a warning in the project's own code is an error there, and never in dependencies.
if Context.environment["AUTHHOST_WARNINGS_AS_ERRORS"] == "1" {
    for target in targets where target.type == .regular || target.type == .executable || target.type == .test {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}

if Context.environment["AUTHHOST_BENCH"] == "1" {
    targets += [
        .target(name: "BenchmarkFloor", dependencies: ["CLibFFI", "CAuthModule"], path: "Tests/Benchmarks/Floor"),
        .executableTarget(
            name: "authhost-micro",
            dependencies: [
                "BenchmarkFloor", "Runtime", "ModuleHost", "AuthCore", "Basics", "Rules", "XMLAuthCore", "ExecCore",
                "Cluster", "ClusterCarrier",
            ],
            path: "Tests/Benchmarks/Micro"),
    ]
}

let package = Package(
    name: "authhost", products: products, dependencies: dependencies, targets: targets, swiftLanguageModes: [.v6])
