#!/bin/bash
# Two Go modules are built, vetted and tested from nothing: the compiler, the assembler and the linker run for every package.
# user: dev
set -e
export PATH=$PATH:/usr/local/go/bin GOPATH=$HOME/go GOCACHE=$HOME/.cache/go-build GOFLAGS=-mod=mod GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOWORK=off
go version; go env GOOS GOARCH
cd ~/go/src/small && go build ./... && go vet ./... && go test ./... | tail -3
cd ~/go/src/large && go build ./... && go list ./... | wc -l
go test -short ./cases ./language ./width ./runes ./transform 2>&1 | tail -5 || true
mkdir -p ~/hello && cd ~/hello && cat > main.go <<'G'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
)

func main() {
	s := httptest.NewServer(http.FileServer(http.Dir("/usr/share/common-licenses")))
	defer s.Close()
	for range 50 {
		r, err := http.Get(s.URL + "/GPL-3")
		if err != nil {
			panic(err)
		}
		r.Body.Close()
		out, _ := exec.Command("/usr/bin/date").Output()
		fmt.Print(len(out), " ")
	}
}
G
go mod init example.org/hello; gofmt -l .; go build -o hello . && ./hello; go build -race -o /dev/null . || true; go run . | wc -c; go clean -cache
