package main

import (
	"bytes"
	"os"
	"testing"
)

// TestDrift holds the tables against those of the module's version.
func TestDrift(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../" + target)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what `go run ./scripts/syscalls` writes: run it", target)
	}
}
