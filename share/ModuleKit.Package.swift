// swift-tools-version: 6.2
import PackageDescription

// The kit for modules in Swift, as it is installed; examples/hello-swift shows a package that uses it.
let package = Package(
    name: "core",
    products: [.library(name: "ModuleKit", targets: ["ModuleKit", "CAuthModule"])],
    targets: [
        .target(name: "CAuthModule", path: "include", publicHeadersPath: "."),
        .target(
            name: "ModuleKit", dependencies: ["CAuthModule"],
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    ],
    swiftLanguageModes: [.v6])
