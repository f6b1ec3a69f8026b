# Two commands do everything: `make demo` and `make test`. Both install what is missing and say so.

# The program and its tests share one release build (docs/decisions/0003).
BUILD := swift build -c release
PROGRAM := .build/release/lianrong
ARGS ?=

.PHONY: demo test build packages swift schemas lint clean model fuzz mutants chaos simulate

demo: build
	@$(PROGRAM) demo $(ARGS)

test: packages
	@.ci/packages python3 python3-venv
	$(BUILD) --build-tests
	swift test -c release --disable-testable-imports --skip-build --skip SimulatorTests
	# By themselves: simulations take all cores, and leave none to tests that wait.
	swift test -c release --disable-testable-imports --skip-build --filter SimulatorTests
	Tests/independent/run.sh $(PROGRAM)

# Ten minutes of four real nodes under real faults (docs/chaos.md): make chaos ARGS="--minutes 60 --seed 7".
chaos: build
	$(PROGRAM) chaos $(ARGS)

# Whole networks in one process, from seeds: make simulate ARGS="--seeds 1..10000".
simulate: build
	$(PROGRAM) simulate $(ARGS)

# Every decoder that reads bytes from outside, ten minutes each (docs/testing.md).
fuzz: packages
	Tests/Fuzz/run.sh --seconds 600

# Bugs planted in the sources, which the simulator must find.
mutants: packages
	@.ci/packages python3
	Tests/SimulatorTests/mutants.sh $(ARGS)

# The rules of consensus in TLA+ (docs/spec/README.md). About four minutes; needs Java.
model:
	@.ci/packages python3 python3-venv
	Tests/model/run.sh

build: packages
	$(BUILD) --product lianrong

packages: swift
	@.ci/packages libsodium-dev libleveldb-dev libxml2 pkg-config

swift:
	@command -v swift >/dev/null || { \
	  echo "Swift 6.3 is needed and was not found. Install it from https://www.swift.org/install/linux and put it on PATH." >&2; \
	  exit 1; }

# Published schemas and references come from the code.
schemas: build
	$(PROGRAM) schemas --docs docs

lint:
	swift format lint --strict --configuration .swift-format --recursive Sources Tests Package.swift

clean:
	rm -rf .build
