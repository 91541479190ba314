# make        formats, lints, vets for three operating systems and tests
# make run    builds the binary and runs it live: findings on stdout (as root, on Linux)
# make test   the tests; they need only Go. APIWATCH_TELEMETRY=/folder adds those over recordings that are no part of the repository

GOLANGCI_VERSION := 2.15.0
FUZZTIME ?= 30s
PKGS ?= ./...
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# One set of flags for every build, so that vet, build and test share one cache. -buildvcs=false: the version comes from
# VERSION, and a checkout owned by somebody else still builds.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath -buildvcs=false

OSES := linux windows darwin
PLATFORMS := $(foreach os,$(OSES),$(os)-amd64 $(os)-arm64)
BUILD := go build -ldflags '-s -w -X main.version=$(VERSION)'
LINT := bin/tools/golangci-lint

.PHONY: all build build-all run test tidy-check race e2e kernels wine bench eval fuzz gen drift record fmt fmt-check lint vet tools clean

all: fmt lint vet test

build:
	$(BUILD) -o bin/apiwatch.ext ./extension

build-all: $(PLATFORMS:%=build-%)

build-%:
	GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) \
		$(BUILD) -o bin/$*/apiwatch.ext$(if $(findstring windows,$*),.exe) ./extension

# ARGS goes to the command: make run ARGS='--for 30s --json'
run: build
	bin/apiwatch.ext run $(ARGS)

# It ends with what did not run, and why: a skipped test is none that passed.
test:
	@go build -o bin/tools/skips ./scripts/skips
	go test -json ./... | bin/tools/skips

# Fails where go.mod or go.sum is not what go mod tidy would write. It asks the module proxy.
tidy-check:
	go mod tidy -diff

# Needs a C compiler, which only the race detector does. It slows what it watches five to twenty times.
race:
	CGO_ENABLED=1 go test -race -timeout=20m $(PKGS)

# Drives the built binary against the live kernel: as root, on Linux, with the audit system. OSQUERYD=/path adds a real osqueryd;
# APIWATCH_FLOODS= leaves out what depends on the machine's speed.
e2e: build
	@go test -list '^TestE2E' ./extension/... | grep -q '^TestE2E' || { echo 'e2e: there is no TestE2E… below ./extension'; exit 1; }
	APIWATCH_FLOODS=$${APIWATCH_FLOODS-1} APIWATCH_E2E=$(CURDIR)/bin/apiwatch.ext go test -count=1 -v -timeout=30m -run '^TestE2E' ./extension/...

# Boots other kernels under qemu (Debian: apt-get install qemu-system-x86 busybox-static) and writes what works on each. ARGS="-run ebpf"
# boots for some scenarios only.
kernels:
	go run ./scripts/kernels $(if $(ARGS),$(ARGS),-report scripts/kernels/MATRIX.md)

# Runs the Windows build under Wine. `make test` does so, too, where Wine is installed.
wine: build-windows-amd64
	APIWATCH_WINDOWS_EXE=$(CURDIR)/bin/windows-amd64/apiwatch.ext.exe go test -count=1 -v -timeout=15m -run '^TestWine' ./extension

# BENCH_JSON=FILE writes the measures as JSON too.
bench: build
	go run ./scripts/bench

# Holds the detections against labelled recordings, which are no part of the repository: APIWATCH_TELEMETRY names the folder that holds
# them and their INDEX.json. INDEX=FILE names another index.
eval: build
	go run ./scripts/eval $(if $(INDEX),-index $(INDEX)) -report scripts/eval/REPORT.md

fuzz:
	@set -e; grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's/:[0-9]*:func / /' | \
	while read -r file target; do \
		echo "fuzzing $$target in $$(dirname $$file) for $(FUZZTIME)"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname $$file)"; \
	done

# Writes what is derived from tables and queries: packs, catalogues, schema and the generated parts of README.md.
gen:
	go run ./scripts/gen

# Fails where a generated file is not what gen would write.
drift:
	go run ./scripts/gen -check

record:
	go run ./scripts/record $(ARGS)

fmt: tools
	$(LINT) fmt

fmt-check: tools
	$(LINT) fmt --diff

lint: $(OSES:%=lint-%)

lint-%: tools
	GOOS=$* $(LINT) run

vet: $(OSES:%=vet-%)

vet-%:
	GOOS=$* go vet ./...

# The linter is pinned: installed only when it is missing or of another version.
tools:
	@$(LINT) --version 2>/dev/null | grep -q 'version $(GOLANGCI_VERSION) ' || \
		GOFLAGS= GOBIN=$(CURDIR)/bin/tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION)

clean:
	rm -rf bin/apiwatch.ext $(PLATFORMS:%=bin/%)
