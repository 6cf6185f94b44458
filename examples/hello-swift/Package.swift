// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hello-swift",
    products: [.library(name: "hello", type: .dynamic, targets: ["Hello"])],
    dependencies: [.package(path: "../../core")],
    targets: [
        // The descriptor and the note, which Swift cannot export.
        .target(name: "HelloExport", dependencies: [.product(name: "ModuleKit", package: "core")]),
        .target(
            name: "Hello",
            dependencies: ["HelloExport", .product(name: "ModuleKit", package: "core")],
            linkerSettings: [
                // A module exports one symbol, carries its Swift runtime, points at no toolchain folder, and stays mapped.
                .unsafeFlags([
                    "-static-stdlib", "-no-toolchain-stdlib-rpath", "-use-ld=lld",
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map",
                    "-Xlinker", "-z", "-Xlinker", "nodelete", "-Xlinker", "--gc-sections",
                ])
            ]),
    ],
    swiftLanguageModes: [.v6])
