// swift-tools-version: 6.2
import PackageDescription

// What needs no package of others: the kit for modules, and the host up to the part that holds C pointers. The sanitizers
// build this much, and a module in Swift depends on it. The folders are links, so that paths are those of the project's
// own package.
let package = Package(
    name: "core",
    products: [.library(name: "ModuleKit", targets: ["ModuleKit", "CAuthModule"])],
    targets: [
        .systemLibrary(
            name: "CLibFFI", path: "Sources/CLibFFI", pkgConfig: "libffi", providers: [.apt(["libffi-dev"])]),
        .systemLibrary(
            name: "CLibNettle", path: "Sources/CLibNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        .target(name: "CFFI", dependencies: ["CLibFFI", "CAuthModule"]),
        .target(name: "CAuthModule", path: "include", publicHeadersPath: "."),
        .target(
            name: "ModuleKit", dependencies: ["CAuthModule"],
            swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
        .target(name: "CThreads"),
        .target(name: "Basics", dependencies: ["CThreads"]),
        .target(name: "Rules", dependencies: ["Basics"]),
        .target(
            name: "AuthCore", dependencies: ["Rules"], swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
        .target(
            name: "ModuleHost", dependencies: ["AuthCore", "Basics", "Rules", "CFFI", "CAuthModule", "CLibNettle"]),
        .target(name: "CEpoll"),
        .target(name: "Epoll", dependencies: ["Basics", "CEpoll"]),
        .testTarget(name: "EpollTests", dependencies: ["Epoll"]),
        .testTarget(name: "ModuleHostTests", dependencies: ["ModuleHost", "AuthCore", "Basics"]),
    ],
    swiftLanguageModes: [.v6])
