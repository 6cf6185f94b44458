# Everything that people do with this repository, by name. `make help` lists it; the work is in scripts/.
SHELL = /bin/bash
# The mask: a module that others may write to, or in a folder that they may, is refused.
.SHELLFLAGS = -euo pipefail -c 'umask 022; eval "$$0"'
.DEFAULT_GOAL = help

PREFIX ?= /usr/local
DESTDIR ?=
PORT ?= 8080
SECONDS_EACH ?= 30
SEEDS ?= 1 2 3 4 5
CONFIG ?= debug

SWIFT_BUILD = swift build $(shell scripts/debug-flags) -c $(CONFIG)
BIN = $(shell swift build -c $(CONFIG) --show-bin-path)
MODULE_CFLAGS = -std=c99 -Wall -Wextra -pedantic -Werror -O2 -fPIC -fvisibility=hidden
CLIENT_CFLAGS = -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror

.PHONY: help run run-cluster history cluster-test swaps ends test build release openauth libauthhost helper fixtures install deb bench \
    counts format lint asan tsan fuzz clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo "  variables: PORT=$(PORT) (run), PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) (install)"

run: ## install what is missing, build, and serve xmlauth with an example on 127.0.0.1:PORT
	scripts/setup build
	$(MAKE) --no-print-directory build
	@PORT=$(PORT) scripts/run "$(BIN)"

run-cluster: ## serve a cluster of three hosts and a Redis, with a load, until Ctrl-C
	scripts/setup build test
	$(MAKE) --no-print-directory build
	@scripts/run-cluster "$(BIN)"

swaps: ## swap the module of a host 200 times while clients ask, and look at every answer
	AUTHHOST_BIN="$(BIN)" Tests/Swap/swaps

ends: ## end helper processes of a host 500 times while clients ask, and look at every answer
	AUTHHOST_BIN="$(BIN)" Tests/Helpers/ends

history: ## play random histories of three hosts with faults, and check each (SEEDS="1 2 3")
	AUTHHOST_BIN="$(BIN)" Tests/Cluster/history $(SEEDS)

cluster-test: build ## histories, racing log-ins and parts left out, at most five minutes (HISTORIES=6 LOGINS=10000)
	scripts/setup build test
	scripts/cluster-test "$(BIN)"

test: ## install what is missing, and run every test
	scripts/test

build: ## build the command and the bundled modules (CONFIG=debug|release)
	for product in authhost $$(scripts/modules swift); do $(SWIFT_BUILD) --product "$$product"; done
	$(MAKE) --no-print-directory openauth libauthhost helper

release: ## the same with optimisation, carrying the Swift runtime
	$(MAKE) --no-print-directory build CONFIG=release SWIFT_BUILD="swift build $$(scripts/release-flags)"

openauth: ## build the bundled module that is written in C
	$(CC) $(MODULE_CFLAGS) -shared -Wl,--version-script=Plugins/openauth/exports.map -I include \
	    Plugins/openauth/openauth.c -o "$(BIN)/libopenauth.so"

libauthhost: ## build the client library in C
	$(CC) $(CLIENT_CFLAGS) -shared -Wl,-soname,libauthhost.so.1 -I Sources/libauthhost/include \
	    Sources/libauthhost/authhost.c -o "$(BIN)/libauthhost.so" -lpthread

helper: ## build the program that runs a module in a process of its own
	scripts/build-helper "$(BIN)/authhost-helper"

fixtures: ## build the modules that the tests load
	scripts/build-fixtures "$(BIN)/fixtures"

install: release ## release build into PREFIX (and DESTDIR)
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" scripts/install "$$(swift build -c release --show-bin-path)"

deb: release ## Debian packages of the release build, in .build/deb
	scripts/build-packages "$$(swift build -c release --show-bin-path)"

bench: ## measure, as ratios in one run (ROWS="P2 P9": only these)
	scripts/setup build bench
	Tests/Benchmarks/run $(ROWS)

counts: release ## count the instructions and allocations of eleven workloads, and compare them with what is kept
	Tests/Benchmarks/counts

format: ## format the Swift code in place
	swift format -i -r $(SWIFT_CODE)

lint: ## check the format of the Swift code, the words of everything, names of files, and lengths
	swift format lint --strict -r $(SWIFT_CODE)
	scripts/check-words
	scripts/check-names
	scripts/check-lengths

SWIFT_CODE = Sources Tests Plugins examples core/Package.swift Package.swift

asan: ## the tests of ModuleHost and Epoll under the address sanitizer
	scripts/sanitize address

tsan: ## the tests of ModuleHost and Epoll under the thread sanitizer
	scripts/sanitize thread

fuzz: ## fuzz the readers of configuration and users files (SECONDS_EACH=30)
	scripts/fuzz $(SECONDS_EACH)

clean: ## remove what was built
	rm -rf .build .build-asan .build-tsan .build-fuzz
